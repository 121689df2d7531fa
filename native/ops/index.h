// Indices that tensors hold. Nothing that they say makes a step touch memory outside of its tensors.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>

#include "native/ops/checks.h"

namespace kompakt {

/// A place among n from an index that counts from the end when it is negative; maybe none of them.
inline int64_t PlaceOf(int64_t index, int64_t n) { return index < 0 ? index + n : index; }

inline bool IsPlace(int64_t place, int64_t n) {
  return static_cast<uint64_t>(place) < static_cast<uint64_t>(n);
}

/// The place of an index that must name one of n; -1 where it names none, and the run is refused.
inline int64_t PlaceOrRefuse(Refusal* refusal, int64_t index, int64_t n) {
  const int64_t place = PlaceOf(index, n);
  if (__builtin_expect(IsPlace(place, n), 1)) return place;
  refusal->Set("an index", index, -n, n - 1);
  return -1;
}

/// The same, but the first of n > 0 places for steps that have to read one.
inline int64_t SomePlace(Refusal* refusal, int64_t index, int64_t n) {
  return std::max<int64_t>(PlaceOrRefuse(refusal, index, n), 0);
}

/// Elements of s64 or s32.
class Indices {
 public:
  Indices() = default;
  static Status Make(const StepSpec& spec, const TensorView& tensor, Indices* out) {
    if (tensor.dtype != DType::kS32) KPT_RETURN_IF_ERROR(CheckDType(spec, tensor, DType::kS64));
    out->narrow_ = tensor.dtype == DType::kS32;
    out->data_ = tensor.data;
    return Status::Ok();
  }
  int64_t operator[](int64_t i) const {
    return narrow_ ? int64_t{reinterpret_cast<const int32_t*>(data_)[i]}
                   : reinterpret_cast<const int64_t*>(data_)[i];
  }

 private:
  const uint8_t* data_ = nullptr;
  bool narrow_ = false;
};

}  // namespace kompakt
