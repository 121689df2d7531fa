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
  /// Whether each of the first `count` names one of n places; if not, the run is refused.
  bool AllNamePlaces(const RunContext& context, int64_t count, int64_t n) const {
    context.pool->ParallelFor(count, kElementGrain, [&](int64_t begin, int64_t end, int) {
      const int64_t sign = narrow_ ? Signs(reinterpret_cast<const int32_t*>(data_) + begin, end - begin, n)
                                   : Signs(reinterpret_cast<const int64_t*>(data_) + begin, end - begin, n);
      for (int64_t i = begin; sign < 0 && i < end; ++i) PlaceOrRefuse(context.refusal, (*this)[i], n);
    });
    return !context.refusal->any();
  }

  int64_t operator[](int64_t i) const {
    return narrow_ ? int64_t{reinterpret_cast<const int32_t*>(data_)[i]}
                   : reinterpret_cast<const int64_t*>(data_)[i];
  }

 private:
  /// Negative where some index is less than -n or more than n - 1. Sums that wrap are negative too.
  template <typename T>
  static int64_t Signs(const T* indices, int64_t count, int64_t n) {
    const uint64_t places = static_cast<uint64_t>(n);
    uint64_t signs = 0;
    for (int64_t i = 0; i < count; ++i) {
      const uint64_t index = static_cast<uint64_t>(int64_t{indices[i]});
      signs |= (index + places) | (places - 1 - index);
    }
    return static_cast<int64_t>(signs);
  }

  const uint8_t* data_ = nullptr;
  bool narrow_ = false;
};

}  // namespace kompakt
