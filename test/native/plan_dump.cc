// SPDX-License-Identifier: Apache-2.0
#include "test/native/plan_dump.h"

#include <cstring>

namespace kompakt::testing {
namespace {

constexpr uint32_t kMagic = 0x4454504b;  // "KPTD"

class Reader {
 public:
  Reader(const uint8_t* bytes, size_t size) : at_(bytes), left_(size) {}
  uint32_t U32() {
    uint32_t value = 0;
    const uint8_t* from = Take(sizeof(value));
    if (from != nullptr) std::memcpy(&value, from, sizeof(value));
    return value;
  }
  PlanDump::Bytes Block() {
    const uint32_t size = U32();
    const uint8_t* from = Take(size);
    return from == nullptr ? PlanDump::Bytes() : PlanDump::Bytes(from, from + size);
  }
  bool failed() const { return failed_; }

 private:
  const uint8_t* Take(size_t count) {
    if (failed_ || count > left_) {
      failed_ = true;
      return nullptr;
    }
    at_ += count;
    left_ -= count;
    return at_ - count;
  }
  const uint8_t* at_;
  size_t left_;
  bool failed_ = false;
};

void PutU32(uint32_t value, PlanDump::Bytes* out) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(&value);
  out->insert(out->end(), bytes, bytes + sizeof(value));
}

template <typename Block>
void PutBlock(const Block& block, PlanDump::Bytes* out) {
  PutU32(static_cast<uint32_t>(block.size()), out);
  out->insert(out->end(), block.begin(), block.end());
}

}  // namespace

bool ReadPlanDump(const uint8_t* bytes, size_t size, PlanDump* out) {
  Reader in(bytes, size);
  if (in.U32() != kMagic) return false;
  for (uint32_t i = 0, count = in.U32(); i < count && !in.failed(); ++i) {
    const PlanDump::Bytes shape = in.Block();
    out->constants.emplace_back(std::string(shape.begin(), shape.end()), in.Block());
  }
  out->program = in.Block();
  for (uint32_t i = 0, count = in.U32(); i < count && !in.failed(); ++i) {
    const uint32_t tensor = in.U32();
    out->inputs.emplace_back(tensor, in.Block());
  }
  for (uint32_t i = 0, count = in.U32(); i < count && !in.failed(); ++i) {
    const uint32_t tensor = in.U32();
    out->outputs.emplace_back(tensor, in.U32());
  }
  return !in.failed();
}

std::vector<uint8_t> WritePlanDump(const PlanDump& dump) {
  PlanDump::Bytes out;
  PutU32(kMagic, &out);
  PutU32(static_cast<uint32_t>(dump.constants.size()), &out);
  for (const auto& [shape, bytes] : dump.constants) {
    PutBlock(shape, &out);
    PutBlock(bytes, &out);
  }
  PutBlock(dump.program, &out);
  PutU32(static_cast<uint32_t>(dump.inputs.size()), &out);
  for (const auto& [tensor, bytes] : dump.inputs) {
    PutU32(tensor, &out);
    PutBlock(bytes, &out);
  }
  PutU32(static_cast<uint32_t>(dump.outputs.size()), &out);
  for (const auto& [tensor, size] : dump.outputs) {
    PutU32(tensor, &out);
    PutU32(size, &out);
  }
  return out;
}

Status MakePlan(const PlanDump& dump, int threads, std::unique_ptr<Plan>* out) {
  auto session = std::make_shared<Session>(threads);
  for (const auto& [shape, bytes] : dump.constants)
    session->AddConstant(bytes.data(), bytes.size(), shape, {});
  KPT_RETURN_IF_ERROR(Plan::Create(session, dump.program.data(), dump.program.size(), out));
  for (const auto& [id, bytes] : dump.inputs) {
    const TensorView* tensor = (*out)->arena_tensor(id);
    if (tensor == nullptr || tensor->bytes() != bytes.size())
      return Status::Error("KPT_INTERNAL", "an input of the dump does not fit");
    if (!bytes.empty()) std::memcpy(tensor->data, bytes.data(), bytes.size());
  }
  return Status::Ok();
}

}  // namespace kompakt::testing
