// IndexTuples: the last axis of a tensor of indices names a place in the first axes of another tensor, which
// are `sizes`. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "native/ops/index.h"

namespace kompakt {

class IndexTuples {
 public:
  /// Reads `sizes`.
  Status Make(const StepSpec& spec, const TensorView& indices) {
    std::vector<int64_t> sizes;
    KPT_RETURN_IF_ERROR(spec.params.Ints("sizes", &sizes));
    if (sizes.empty() || sizes.size() > kMaxRank) return spec.Fail("sizes are too few or too many");
    length_ = static_cast<int64_t>(sizes.size());
    std::copy(sizes.begin(), sizes.end(), sizes_.begin());
    for (int64_t size : sizes)
      if (size < 0 || __builtin_mul_overflow(places_, size, &places_)) return spec.Fail("sizes are wrong");
    if (indices.size() % length_ != 0) return spec.Fail("indices are not tuples");
    count_ = indices.size() / length_;
    return Indices::Make(spec, indices, &indices_);
  }

  int64_t count() const { return count_; }
  /// Product of sizes.
  int64_t places() const { return places_; }

  /// The place of a tuple in row-major order; -1 where a coordinate is out of range, and the run is refused.
  int64_t PlaceOrRefuse(Refusal* refusal, int64_t tuple) const {
    int64_t place = 0;
    for (int64_t i = 0; i < length_; ++i) {
      const int64_t at = kompakt::PlaceOrRefuse(refusal, indices_[tuple * length_ + i], sizes_[i]);
      if (at < 0) return -1;
      place = place * sizes_[i] + at;
    }
    return place;
  }

 private:
  Indices indices_;
  std::array<int64_t, kMaxRank> sizes_{};
  int64_t length_ = 1, count_ = 0, places_ = 1;
};

}  // namespace kompakt
