// Indices that tensors hold. Nothing that they say makes a step touch memory outside of its tensors.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>

#include "native/ops/checks.h"

namespace kompakt {

/// A place among n from an index that counts from the end when it is negative; maybe none of them.
inline int64_t PlaceOf(int64_t index, int64_t n) { return index < 0 ? index + n : index; }

/// The same, or the nearest of n > 0 places.
inline int64_t NearestPlace(int64_t index, int64_t n) {
  return std::min(std::max<int64_t>(PlaceOf(index, n), 0), n - 1);
}

inline bool IsPlace(int64_t place, int64_t n) {
  return static_cast<uint64_t>(place) < static_cast<uint64_t>(n);
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
