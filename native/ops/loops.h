// Loops: nested loops over tensors that walk with strides of their own, merged until the innermost is as long
// as it can be. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "native/ops/checks.h"

namespace kompakt {

template <size_t kOperands>
class Loops {
 public:
  /// One number of elements for each operand: a stride, or where it is.
  using Offsets = std::array<int64_t, kOperands>;

  /// Adds a loop inside those that are there. Where it goes on as the last one does, that becomes longer. At
  /// most kMaxRank.
  void Add(int64_t count, const Offsets& strides) {
    if (count == 1) return;
    bool merge = rank_ > 0;
    for (size_t k = 0; merge && k < kOperands; ++k) merge = strides_[rank_ - 1][k] == strides[k] * count;
    if (!merge) counts_[rank_++] = 1;
    counts_[rank_ - 1] *= count;
    strides_[rank_ - 1] = strides;
  }

  /// Stride of an operand in the innermost loop.
  int64_t step(size_t k) const { return rank_ == 0 ? 0 : strides_[rank_ - 1][k]; }

  /// Calls run(at, first, count) for pieces of the innermost loop, in parallel: where the operands are, the
  /// place of the piece in row-major order, its length. `work`: elements behind one turn of that loop.
  template <typename Run>
  void ForEach(const RunContext& context, int64_t work, const Run& run) const {
    const int inner = rank_ > 0 ? rank_ - 1 : 0;
    const int64_t length = rank_ > 0 ? counts_[inner] : 1;
    int64_t outer = 1;
    for (int d = 0; d < inner; ++d) outer *= counts_[d];
    if (length == 0 || outer == 0) return;
    const int64_t limit = work < kElementGrain ? kElementGrain / (work > 0 ? work : 1) : 1;
    const int64_t piece = length < limit ? length : limit;
    const int64_t pieces = (length + piece - 1) / piece;
    context.pool->ParallelFor(outer * pieces, GrainOf(piece * work), [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t start = i % pieces * piece;
        int64_t rest = i / pieces;
        const int64_t first = rest * length + start;
        Offsets at;
        for (size_t k = 0; k < kOperands; ++k) at[k] = start * step(k);
        for (int d = inner - 1; d >= 0; --d) {
          for (size_t k = 0; k < kOperands; ++k) at[k] += rest % counts_[d] * strides_[d][k];
          rest /= counts_[d];
        }
        run(at, first, length - start < piece ? length - start : piece);
      }
    });
  }

 private:
  int rank_ = 0;
  std::array<int64_t, kMaxRank> counts_{};
  std::array<Offsets, kMaxRank> strides_{};
};

}  // namespace kompakt
