// Broadcast: two tensors against an output, as runs in which each side is a vector or one value.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "native/ops/checks.h"

namespace kompakt {

/// Strides of `x` along the dims of y, zero where x has size 1; false when x does not broadcast to y.
bool BroadcastStrides(const TensorView& x, const TensorView& y, std::array<int64_t, kMaxRank>* strides);

/// Dims are merged until the innermost loop (a run) is as long as it can be. Long runs are cut, so that one
/// big run is shared among threads too. Where a side is a short row that every row of the other side meets (a
/// gate of channels over pixels), several rows make one run against as many copies of the short one.
class Broadcast {
 public:
  /// Adds the scratch for copies to `spec`.
  Status Make(const StepSpec& spec, const TensorView& a, const TensorView& b, const TensorView& y);

  int a_step() const { return static_cast<int>(a_strides_[rank_ - 1]); }
  int b_step() const { return static_cast<int>(b_strides_[rank_ - 1]); }

  /// Calls run(a, b, y_offset, count) for every piece, in parallel.
  template <typename T, typename Run>
  void ForEach(const RunContext& context, const T* a, const T* b, const Run& run) const {
    const int64_t length = dims_[rank_ - 1];
    if (length == 0 || outer_ == 0) return;
    const int64_t piece = repeats_ > 1 ? repeats_ * row_ : length < kElementGrain ? length : kElementGrain;
    const int64_t pieces = (length + piece - 1) / piece;
    context.pool->ParallelFor(outer_ * pieces, GrainOf(piece), [&](int64_t begin, int64_t end, int thread) {
      T* copies = reinterpret_cast<T*>(context.scratch + copy_bytes_ * static_cast<size_t>(thread));
      int64_t copied = -1;
      for (int64_t i = begin; i < end; ++i) {
        const int64_t at = context.Turn(i, outer_ * pieces);
        const int64_t outer = at / pieces, start = at % pieces * piece;
        const T* run_a = a + (copies_a_ ? 0 : start * a_step());
        const T* run_b = b + (copies_b_ ? 0 : start * b_step());
        int64_t rest = outer;
        for (int d = rank_ - 2; d >= 0; --d) {
          run_a += rest % dims_[d] * a_strides_[d];
          run_b += rest % dims_[d] * b_strides_[d];
          rest /= dims_[d];
        }
        if ((copies_a_ || copies_b_) && copied != outer) {
          const T* row = copies_a_ ? run_a : run_b;
          for (int64_t r = 0; r < repeats_; ++r)
            __builtin_memcpy(copies + r * row_, row, static_cast<size_t>(row_) * sizeof(T));
          copied = outer;
        }
        run(copies_a_ ? copies : run_a, copies_b_ ? copies : run_b, outer * length + start,
            length - start < piece ? length - start : piece);
      }
    });
  }

 private:
  void MergeRows(const StepSpec& spec, size_t element_bytes);

  int rank_ = 1;
  int64_t outer_ = 1;
  std::array<int64_t, kMaxRank> dims_{1};
  std::array<int64_t, kMaxRank> a_strides_{};
  std::array<int64_t, kMaxRank> b_strides_{};
  bool copies_a_ = false, copies_b_ = false;
  int64_t row_ = 0, repeats_ = 1;  // elements of the short row, and its copies
  size_t copy_bytes_ = 0;          // scratch of one thread
};

}  // namespace kompakt
