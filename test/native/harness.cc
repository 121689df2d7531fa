// Harness of the native tests.
// SPDX-License-Identifier: Apache-2.0
#include "test/native/harness.h"

#include <cstring>
#include <utility>

namespace kompakt::testing {
namespace {

constexpr uint8_t kPattern = 0xA5;

class TestPackCache : public PackCache {
 protected:
  uint8_t* Reserve(int constant, const std::string& tag, size_t bytes, bool* fresh) override {
    for (Entry& entry : entries_) {
      if (constant < 0 || entry.constant != constant || entry.tag != tag) continue;
      *fresh = false;
      return entry.block.data();
    }
    *fresh = true;
    entries_.push_back(Entry{constant, tag, AlignedBuffer(bytes)});
    return entries_.back().block.data();
  }

 private:
  struct Entry {
    int constant;
    std::string tag;
    AlignedBuffer block;
  };
  std::vector<Entry> entries_;
};

Status CheckGuards(const std::vector<TestTensor*>& tensors, const char* what) {
  for (const TestTensor* tensor : tensors)
    if (tensor != nullptr && !tensor->Intact())
      return Status::Error("KPT_INTERNAL", std::string("wrote outside of an ") + what);
  return Status::Ok();
}

}  // namespace

uint32_t Random::Next() {
  state_ ^= state_ << 13;
  state_ ^= state_ >> 7;
  state_ ^= state_ << 17;
  return static_cast<uint32_t>(state_ >> 16);
}

GuardedBuffer::GuardedBuffer(size_t bytes) : block_(bytes + kReadPadding), size_(bytes) {
  std::memset(block_.data(), kPattern, kReadPadding);
  std::memset(data() + bytes, kPattern, kReadPadding);
}

bool GuardedBuffer::Intact() const {
  for (size_t i = 0; i < kReadPadding; ++i)
    if (block_.data()[i] != kPattern || data()[size_ + i] != kPattern) return false;
  return true;
}

TestTensor::TestTensor(DType dtype, const std::vector<int64_t>& dims) {
  view.dtype = dtype;
  view.rank = static_cast<int>(dims.size());
  for (size_t i = 0; i < dims.size(); ++i) view.dims[i] = dims[i];
  buffer_ = GuardedBuffer(view.bytes());
  view.data = buffer_.data();
}

TestTensor& TestTensor::FillU8(Random* random, int low, int high) {
  for (int64_t i = 0; i < size(); ++i) as<uint8_t>()[i] = static_cast<uint8_t>(random->Int(low, high));
  return *this;
}

TestTensor& TestTensor::FillS8(Random* random, int low, int high) {
  for (int64_t i = 0; i < size(); ++i) as<int8_t>()[i] = static_cast<int8_t>(random->Int(low, high));
  return *this;
}

TestTensor& TestTensor::FillS32(Random* random, int low, int high) {
  for (int64_t i = 0; i < size(); ++i) as<int32_t>()[i] = random->Int(low, high);
  return *this;
}

TestTensor& TestTensor::FillF32(Random* random, float low, float high) {
  for (int64_t i = 0; i < size(); ++i) as<float>()[i] = random->Float(low, high);
  return *this;
}

ParamList& ParamList::Set(const char* name, std::vector<double> values) {
  params.entries.push_back({name, std::move(values), "", false});
  return *this;
}

ParamList& ParamList::Set(const char* name, const char* text) {
  params.entries.push_back({name, {}, text, true});
  return *this;
}

Status RunStep(const std::string& kind, const std::vector<TestTensor*>& inputs,
               const std::vector<TestTensor*>& outputs, const ParamList& params, int threads, int runs) {
  TestPackCache packs;
  StepSpec spec;
  spec.kind = kind;
  for (TestTensor* tensor : inputs) spec.inputs.push_back(tensor == nullptr ? nullptr : &tensor->view);
  for (TestTensor* tensor : outputs) spec.outputs.push_back(&tensor->view);
  spec.params = params.params;
  spec.packs = &packs;
  spec.threads = threads;
  const MakeStep make = FindStep(kind);
  if (make == nullptr) return spec.Fail("is not a step");
  std::unique_ptr<Step> step;
  KPT_RETURN_IF_ERROR(make(spec, &step));
  ThreadPool pool(threads);
  GuardedBuffer scratch(spec.scratch_bytes);
  for (int i = 0; i < runs; ++i) {
    std::memset(scratch.data(), kPattern, scratch.size());
    pool.BeginInference();
    step->Run(RunContext{&pool, scratch.data()});
    pool.EndInference();
  }
  KPT_RETURN_IF_ERROR(CheckGuards(inputs, "input"));
  KPT_RETURN_IF_ERROR(CheckGuards(outputs, "output"));
  return scratch.Intact() ? Status::Ok() : spec.Fail("wrote outside of its scratch");
}

}  // namespace kompakt::testing
