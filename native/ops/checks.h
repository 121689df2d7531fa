// What the makers of elementwise, pooling and reducing steps check and read alike.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <initializer_list>
#include <string>

#include "native/kernels/pool/pool.h"
#include "native/kernels/unary_f32/unary_f32.h"
#include "native/ops/step.h"

namespace kompakt {

/// Elements below which work is not shared among threads.
constexpr int64_t kElementGrain = 16384;

/// How many items of `elements` elements each make a range worth a thread.
inline int64_t GrainOf(int64_t elements) {
  return elements >= kElementGrain ? 1 : kElementGrain / (elements + 1) + 1;
}

/// KPT_TOO_LARGE: sizes that the planner lets through but that a step cannot hold.
Status TooLarge(const StepSpec& spec, const std::string& message);

/// Whether a step would write over x. What has no elements has no memory of its own either.
inline bool IsWrittenOver(const StepSpec& spec, const TensorView& x) {
  return x.data == spec.out().data && x.bytes() > 0;
}

Status CheckDType(const StepSpec& spec, const TensorView& tensor, DType dtype);
/// Equal numbers of elements; dims may be grouped differently.
Status CheckSameSize(const StepSpec& spec, const TensorView& a, const TensorView& b);
Status CheckSize(const StepSpec& spec, const TensorView& tensor, int64_t size);
/// The same for a product of sizes that may overflow.
Status CheckSize(const StepSpec& spec, const TensorView& tensor, std::initializer_list<int64_t> sizes);

template <typename T>
struct TypeTag {
  using Type = T;
};

/// make(TypeTag<T>()) for the C++ type T of f32, s32, s64 or u8; fails for others.
template <typename Make>
Status ForNumberType(const StepSpec& spec, DType dtype, const Make& make) {
  switch (dtype) {
    case DType::kF32:
      return make(TypeTag<float>());
    case DType::kS32:
      return make(TypeTag<int32_t>());
    case DType::kS64:
      return make(TypeTag<int64_t>());
    case DType::kU8:
      return make(TypeTag<uint8_t>());
    default:
      return spec.Fail(std::string("cannot take elements of type ") + DTypeName(dtype));
  }
}

/// make(TypeTag<T>()) for the unsigned T of the size of an element: for steps that move elements as they are.
template <typename Make>
Status ForElementSize(DType dtype, const Make& make) {
  switch (DTypeBytes(dtype)) {
    case 1:
      return make(TypeTag<uint8_t>());
    case 2:
      return make(TypeTag<uint16_t>());
    case 4:
      return make(TypeTag<uint32_t>());
    default:
      return make(TypeTag<uint64_t>());
  }
}

/// Most entries of a table that a step builds from its parameters (offsets of taps, phases): far more than
/// any real window needs, and few enough that a hostile one takes neither memory nor time.
constexpr int64_t kMaxTable = int64_t{1} << 24;

/// Reads a list of exactly `count` integers, none below `low`.
Status ReadInts(const StepSpec& spec, const char* name, size_t count, int64_t low, std::vector<int64_t>* out);
/// Reads the UnaryKind under `name` with its alpha and beta.
Status ReadUnaryOp(const StepSpec& spec, const char* name, UnaryOp* out, const char* alpha = "alpha",
                   const char* beta = "beta");
/// Reads a zero point or bound of a stored byte.
Status ReadByte(const StepSpec& spec, const char* name, int32_t* out);

/// The end of every formula with 8-bit outputs: bounds and zero point of the stored byte.
struct ByteRange {
  int32_t zero = 0;
  int32_t lo = 0;
  int32_t hi = 255;
};
/// Reads `zero_name`, lo and hi.
Status ReadByteRange(const StepSpec& spec, const char* zero_name, ByteRange* out);

/// Bytes whose sum and whose count times a zero point fit in 32 bits.
constexpr int64_t kMaxAverageCount = INT32_MAX / 255;
/// Reads xZero, factor, yZero, lo and hi.
Status ReadAverageU8(const StepSpec& spec, AverageU8Params* out);

/// dims = [outer, reduced, inner] of a tensor, product checked against it.
struct ReduceDims {
  int64_t outer = 1;
  int64_t reduced = 1;
  int64_t inner = 1;
};
Status ReadReduceDims(const StepSpec& spec, const TensorView& x, ReduceDims* out);

}  // namespace kompakt
