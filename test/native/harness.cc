// Harness of the native tests.
// SPDX-License-Identifier: Apache-2.0
#include "test/native/harness.h"

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <utility>

#include "test/native/plan_dump.h"

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

/// Writes what run/program.ts writes, for one step.
class ProgramWriter {
 public:
  template <typename T>
  void Put(T value) {
    const auto* from = reinterpret_cast<const uint8_t*>(&value);
    bytes.insert(bytes.end(), from, from + sizeof(T));
  }
  void PutText(const std::string& text) {
    Put(static_cast<uint16_t>(text.size()));
    bytes.insert(bytes.end(), text.begin(), text.end());
  }
  void PutTensor(const TensorView& tensor, double offset) {
    Put(static_cast<uint8_t>(tensor.dtype));
    Put(static_cast<uint8_t>(tensor.is_constant()));
    Put(static_cast<uint8_t>(tensor.rank));
    Put(static_cast<int32_t>(tensor.constant));
    Put(offset);
    for (int i = 0; i < tensor.rank; ++i) Put(static_cast<double>(tensor.dims[i]));
  }
  std::vector<uint8_t> bytes;
};

/// The step as a plan of its own; outputs have no place in common with inputs.
PlanDump DumpStep(const StepSpec& spec) {
  PlanDump dump;
  std::vector<TensorView> tensors;
  std::vector<double> offsets;
  std::vector<int32_t> inputs, outputs;
  size_t arena = 0;
  const auto add = [&](const TensorView& tensor, bool input) {
    const auto id = static_cast<int32_t>(tensors.size());
    const PlanDump::Bytes bytes(tensor.data, tensor.data + tensor.bytes());
    tensors.push_back(tensor);
    offsets.push_back(tensor.is_constant() ? 0 : static_cast<double>(arena));
    if (tensor.is_constant()) {
      tensors.back().constant = static_cast<int>(dump.constants.size());
      dump.constants.emplace_back(std::to_string(id), bytes);  // a shape of its own: never shared
    } else {
      arena += (tensor.bytes() + kAlignment - 1) / kAlignment * kAlignment;
      if (input) dump.inputs.emplace_back(id, bytes);
      if (!input) dump.outputs.emplace_back(id, static_cast<uint32_t>(tensor.bytes()));
    }
    return id;
  };
  for (const TensorView* tensor : spec.inputs) inputs.push_back(tensor == nullptr ? -1 : add(*tensor, true));
  for (const TensorView* tensor : spec.outputs) outputs.push_back(add(*tensor, false));
  ProgramWriter w;
  w.Put(uint32_t{0x5054504b});
  w.Put(uint32_t{1});
  w.Put(static_cast<double>(arena));
  w.Put(static_cast<uint32_t>(tensors.size()));
  for (size_t i = 0; i < tensors.size(); ++i) w.PutTensor(tensors[i], offsets[i]);
  w.Put(uint32_t{1});
  w.PutText(spec.kind);
  for (const auto* ids : {&inputs, &outputs}) {
    w.Put(static_cast<uint16_t>(ids->size()));
    for (int32_t id : *ids) w.Put(id);
  }
  w.Put(static_cast<uint16_t>(spec.params.entries.size()));
  for (const Params::Entry& entry : spec.params.entries) {
    w.PutText(entry.name);
    w.Put(static_cast<uint8_t>(entry.is_text));
    if (entry.is_text) {
      w.PutText(entry.text);
    } else {
      w.Put(static_cast<uint32_t>(entry.numbers.size()));
      for (double number : entry.numbers) w.Put(number);
    }
  }
  dump.program = std::move(w.bytes);
  return dump;
}

/// The first small steps of every kind become seeds.
void WriteSeed(const StepSpec& spec) {
  constexpr size_t kMostBytes = 4096;
  constexpr int kMostOfAKind = 40;
  static std::map<std::string, int> written;
  const char* folder = std::getenv("KOMPAKT_SEEDS");
  if (folder == nullptr || written[spec.kind] >= kMostOfAKind) return;
  const std::vector<uint8_t> bytes = WritePlanDump(DumpStep(spec));
  if (bytes.size() > kMostBytes) return;
  const std::string name = spec.kind + "-" + std::to_string(written[spec.kind]++);
  std::ofstream file(std::string(folder) + "/" + name, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

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
  WriteSeed(spec);
  ThreadPool pool(threads);
  GuardedBuffer scratch(spec.scratch_bytes);
  Status refused = Status::Ok();
  for (int i = 0; i < runs; ++i) {
    std::memset(scratch.data(), kPattern, scratch.size());
    pool.BeginInference();
    Refusal refusal;
    step->Run(RunContext{&pool, scratch.data(), &refusal});
    pool.EndInference();
    if (refusal.any())
      refused = Status::Error("KPT_DATA_MALFORMED", refusal.what() + (" " + std::to_string(refusal.value())) +
                                                        " not in [" + std::to_string(refusal.low()) + "," +
                                                        std::to_string(refusal.high()) + "]");
  }
  KPT_RETURN_IF_ERROR(CheckGuards(inputs, "input"));
  KPT_RETURN_IF_ERROR(CheckGuards(outputs, "output"));
  return scratch.Intact() ? refused : spec.Fail("wrote outside of its scratch");
}

}  // namespace kompakt::testing
