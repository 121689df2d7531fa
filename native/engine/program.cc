// Decoder of programs. Layout (little-endian, unaligned), written by run/program.ts:
//   u32 magic "KPTP", u32 version
//   f64 arena bytes
//   u32 tensors: { u8 dtype, u8 constant?, u8 rank, i32 constant index, f64 arena offset, f64 dims[rank] }
//   u32 steps:   { text kind, ids inputs, ids outputs, u16 params: { text name, u8 is text, text | u32 n,
//   f64[n] } } text = u16 length + bytes; ids = u16 count + i32[count]
// SPDX-License-Identifier: Apache-2.0
#include "native/engine/program.h"

#include <cmath>
#include <cstring>

namespace kompakt {
namespace {

constexpr uint32_t kMagic = 0x5054504b;  // "KPTP"
constexpr uint32_t kVersion = 1;
constexpr double kMaxBytes = 1099511627776.0;  // 1 TiB: beyond any device, far below overflow
constexpr double kMaxDim = 2147483647.0;       // so that a dim times a stride cannot overflow
static_assert(sizeof(size_t) >= sizeof(uint64_t), "sizes of up to kMaxBytes are kept in a size_t");

class Reader {
 public:
  Reader(const uint8_t* bytes, size_t size) : at_(bytes), left_(size) {}

  template <typename T>
  T Read() {
    T value{};
    if (left_ < sizeof(T)) {
      failed_ = true;
      return value;
    }
    std::memcpy(&value, at_, sizeof(T));
    at_ += sizeof(T);
    left_ -= sizeof(T);
    return value;
  }

  /// A count of things that take at least `unit` bytes each.
  uint32_t Count(uint32_t count, size_t unit) {
    if (count > left_ / unit) {
      failed_ = true;
      return 0;
    }
    return count;
  }

  std::string Text() {
    const uint32_t length = Count(Read<uint16_t>(), 1);
    std::string text(reinterpret_cast<const char*>(at_), length);
    at_ += length;
    left_ -= length;
    return text;
  }

  /// A non-negative whole number below `limit`, stored as f64.
  uint64_t Whole(double limit) {
    const double value = Read<double>();
    if (!(value >= 0) || value > limit || value != std::floor(value)) {
      failed_ = true;
      return 0;
    }
    return static_cast<uint64_t>(value);
  }

  bool failed() const { return failed_; }
  void Fail() { failed_ = true; }
  size_t left() const { return left_; }

 private:
  const uint8_t* at_;
  size_t left_;
  bool failed_ = false;
};

void ReadTensor(Reader& in, uint64_t arena_bytes, ProgramTensor* tensor) {
  TensorView& view = tensor->view;
  const uint8_t dtype = in.Read<uint8_t>();
  const uint8_t constant = in.Read<uint8_t>();
  const uint8_t rank = in.Read<uint8_t>();
  const int32_t index = in.Read<int32_t>();
  tensor->offset = in.Whole(kMaxBytes);
  if (dtype > static_cast<uint8_t>(DType::kU16) || constant > 1 || rank > kMaxRank) return in.Fail();
  view.dtype = static_cast<DType>(dtype);
  view.rank = rank;
  double size = static_cast<double>(DTypeBytes(view.dtype));
  for (int i = 0; i < rank; ++i) {
    view.dims[i] = static_cast<int64_t>(in.Whole(kMaxDim));
    // Zero-size tensors must not hide an absurd dimension that a later product overflows on.
    size *= view.dims[i] > 0 ? static_cast<double>(view.dims[i]) : 1.0;
    if (size > kMaxBytes) return in.Fail();
  }
  if (constant) {
    if (index < 0) return in.Fail();
    view.constant = index;
  } else if (tensor->offset % kAlignment != 0 || tensor->offset + view.bytes() > arena_bytes) {
    in.Fail();
  }
}

void ReadIds(Reader& in, size_t tensors, bool optional, std::vector<int32_t>* ids) {
  const uint32_t count = in.Count(in.Read<uint16_t>(), sizeof(int32_t));
  for (uint32_t i = 0; i < count; ++i) {
    const int32_t id = in.Read<int32_t>();
    if (id >= static_cast<int64_t>(tensors) || id < (optional ? -1 : 0)) return in.Fail();
    ids->push_back(id);
  }
}

void ReadParams(Reader& in, Params* params) {
  const uint32_t count = in.Count(in.Read<uint16_t>(), 5);
  for (uint32_t i = 0; i < count && !in.failed(); ++i) {
    Params::Entry entry;
    entry.name = in.Text();
    entry.is_text = in.Read<uint8_t>() != 0;
    if (entry.is_text) {
      entry.text = in.Text();
    } else {
      const uint32_t numbers = in.Count(in.Read<uint32_t>(), sizeof(double));
      for (uint32_t k = 0; k < numbers; ++k) entry.numbers.push_back(in.Read<double>());
    }
    params->entries.push_back(std::move(entry));
  }
}

}  // namespace

Status DecodeProgram(const uint8_t* bytes, size_t size, Program* out) {
  Reader in(bytes, size);
  if (in.Read<uint32_t>() != kMagic || in.Read<uint32_t>() != kVersion)
    return Status::Error("KPT_INTERNAL", "the program has the wrong magic or version");
  out->arena_bytes = in.Whole(kMaxBytes);
  const uint32_t tensors = in.Count(in.Read<uint32_t>(), 15);
  for (uint32_t i = 0; i < tensors && !in.failed(); ++i) {
    out->tensors.emplace_back();
    ReadTensor(in, out->arena_bytes, &out->tensors.back());
  }
  const uint32_t steps = in.Count(in.Read<uint32_t>(), 8);
  for (uint32_t i = 0; i < steps && !in.failed(); ++i) {
    out->steps.emplace_back();
    ProgramStep& step = out->steps.back();
    step.kind = in.Text();
    ReadIds(in, out->tensors.size(), true, &step.inputs);
    ReadIds(in, out->tensors.size(), false, &step.outputs);
    ReadParams(in, &step.params);
  }
  if (in.failed() || in.left() != 0) return Status::Error("KPT_INTERNAL", "the program is malformed");
  return Status::Ok();
}

}  // namespace kompakt
