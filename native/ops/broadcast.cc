// Broadcast: strides of both sides, zero where a side repeats, and merging of dims that walk alike.
// SPDX-License-Identifier: Apache-2.0
#include "native/ops/broadcast.h"

#include <algorithm>

namespace kompakt {
namespace {

using Dims = std::array<int64_t, kMaxRank>;

/// Elements of a run of copied rows, which stay in the first cache level; rows this long need no copies.
constexpr int64_t kRunLength = 1024, kLongRow = 512;

}  // namespace

bool BroadcastStrides(const TensorView& x, const TensorView& y, std::array<int64_t, kMaxRank>* strides) {
  strides->fill(0);
  if (x.rank > y.rank) return false;
  int64_t stride = 1;
  for (int d = y.rank - 1, dx = x.rank - 1; dx >= 0; --d, --dx) {
    if (x.dims[dx] != 1 && x.dims[dx] != y.dims[d]) return false;
    (*strides)[d] = x.dims[dx] == 1 ? 0 : stride;
    stride *= x.dims[dx];
  }
  return true;
}

Status Broadcast::Make(const StepSpec& spec, const TensorView& a, const TensorView& b, const TensorView& y) {
  Dims a_all, b_all;
  if (!BroadcastStrides(a, y, &a_all) || !BroadcastStrides(b, y, &b_all))
    return spec.Fail("an input does not broadcast to the output");
  int rank = 0;
  for (int d = 0; d < y.rank; ++d) {
    if (y.dims[d] == 1) continue;
    // The dim before walks on where this one ends: one longer loop does both.
    const bool merge = rank > 0 && a_strides_[rank - 1] == a_all[d] * y.dims[d] &&
                       b_strides_[rank - 1] == b_all[d] * y.dims[d];
    if (!merge) dims_[rank++] = 1;
    dims_[rank - 1] *= y.dims[d];
    a_strides_[rank - 1] = a_all[d];
    b_strides_[rank - 1] = b_all[d];
  }
  if (rank > 0) rank_ = rank;
  MergeRows(spec, DTypeBytes(a.dtype));
  for (int d = 0; d < rank_ - 1; ++d) outer_ *= dims_[d];
  return Status::Ok();
}

/// Makes one run of rows, where one side goes through them and the other is the same row again and again.
void Broadcast::MergeRows(const StepSpec& spec, size_t element_bytes) {
  if (rank_ < 2 || a_step() != 1 || b_step() != 1) return;
  const int rows = rank_ - 2;
  const int64_t row = dims_[rank_ - 1];
  const bool copies_a = a_strides_[rows] == 0 && b_strides_[rows] == row;
  const bool copies_b = b_strides_[rows] == 0 && a_strides_[rows] == row;
  if ((!copies_a && !copies_b) || row == 0 || row > kLongRow) return;
  copies_a_ = copies_a;
  copies_b_ = copies_b;
  row_ = row;
  repeats_ = std::min(dims_[rows], (kRunLength + row - 1) / row);
  copy_bytes_ = static_cast<size_t>(repeats_ * row) * element_bytes;
  copy_bytes_ = (copy_bytes_ + kAlignment - 1) / kAlignment * kAlignment;
  spec.scratch_bytes = copy_bytes_ * static_cast<size_t>(spec.threads);
  dims_[rows] *= row;
  a_strides_[rows] = b_strides_[rows] = 1;
  rank_ = rows + 1;
}

}  // namespace kompakt
