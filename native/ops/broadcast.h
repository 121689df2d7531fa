// Broadcast: two tensors against an output, as runs in which each side is a vector or one value.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "native/ops/checks.h"

namespace kompakt {

/// Dims are merged until the innermost loop (a run) is as long as it can be. Long runs are cut, so that one
/// big run is shared among threads too.
class Broadcast {
 public:
  Status Make(const StepSpec& spec, const TensorView& a, const TensorView& b, const TensorView& y);

  int a_step() const { return static_cast<int>(a_strides_[rank_ - 1]); }
  int b_step() const { return static_cast<int>(b_strides_[rank_ - 1]); }

  /// Calls run(a_offset, b_offset, y_offset, count) for every piece, in parallel.
  template <typename Run>
  void ForEach(ThreadPool* pool, const Run& run) const {
    const int64_t length = dims_[rank_ - 1];
    const int64_t piece = length < kElementGrain ? length : kElementGrain;
    if (length == 0 || outer_ == 0) return;
    const int64_t pieces = (length + piece - 1) / piece;
    pool->ParallelFor(outer_ * pieces, GrainOf(piece), [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t outer = i / pieces, start = i % pieces * piece;
        int64_t a_offset = start * a_step(), b_offset = start * b_step(), rest = outer;
        for (int d = rank_ - 2; d >= 0; --d) {
          a_offset += rest % dims_[d] * a_strides_[d];
          b_offset += rest % dims_[d] * b_strides_[d];
          rest /= dims_[d];
        }
        run(a_offset, b_offset, outer * length + start, length - start < piece ? length - start : piece);
      }
    });
  }

 private:
  int rank_ = 1;
  int64_t outer_ = 1;
  std::array<int64_t, kMaxRank> dims_{1};
  std::array<int64_t, kMaxRank> a_strides_{};
  std::array<int64_t, kMaxRank> b_strides_{};
};

}  // namespace kompakt
