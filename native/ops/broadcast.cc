// Broadcast: strides of both sides, zero where a side repeats, and merging of dims that walk alike.
// SPDX-License-Identifier: Apache-2.0
#include "native/ops/broadcast.h"

namespace kompakt {
namespace {

using Dims = std::array<int64_t, kMaxRank>;

// Strides of `x` along the dims of y, zero where x has size 1; false when x does not broadcast to y.
bool BroadcastStrides(const TensorView& x, const TensorView& y, Dims* strides) {
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

}  // namespace

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
  for (int d = 0; d < rank_ - 1; ++d) outer_ *= dims_[d];
  return Status::Ok();
}

}  // namespace kompakt
