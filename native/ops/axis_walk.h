// AxisWalk: the elements of a tensor of indices, each of which names a place along one axis of another tensor
// of the same rank; along the other axes both walk alike. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "native/ops/index.h"
#include "native/ops/loops.h"

namespace kompakt {

class AxisWalk {
 public:
  /// Reads `axis`. Fails where `indices` reaches beyond x along another axis.
  Status Make(const StepSpec& spec, const TensorView& x, const TensorView& indices) {
    std::vector<int64_t> axis;
    KPT_RETURN_IF_ERROR(ReadInts(spec, "axis", 1, 0, &axis));
    if (axis[0] >= x.rank || x.rank != indices.rank) return spec.Fail("x, indices and axis do not fit");
    std::array<int64_t, kMaxRank> x_strides{}, strides{};
    int64_t x_size = 1, size = 1;
    for (int d = x.rank - 1; d >= 0; --d) {
      if (d != axis[0] && indices.dims[d] > x.dims[d]) return spec.Fail("indices reach beyond x");
      x_strides[d] = x_size;
      strides[d] = size;
      x_size *= x.dims[d];
      size *= indices.dims[d];
    }
    for (int d = 0; d < x.rank; ++d)
      if (d != axis[0]) others_.Add(indices.dims[d], {x_strides[d], strides[d]});
    count_ = indices.dims[axis[0]];
    index_stride_ = strides[axis[0]];
    places_ = x.dims[axis[0]];
    stride_ = x_strides[axis[0]];
    return Status::Ok();
  }

  /// Places along the axis of x, and elements from one to the next.
  int64_t places() const { return places_; }
  int64_t stride() const { return stride_; }

  /// Calls visit(i, base) for every index i, base being where place 0 of its line of x is. Lines are shared
  /// among threads; the indices of a line come in order.
  template <typename Visit>
  void ForEach(const RunContext& context, const Visit& visit) const {
    // Copies, which stay in registers whatever is written.
    const int64_t x_step = others_.step(0), step = others_.step(1), stride = index_stride_, count = count_;
    others_.ForEach(context, count, [=](const Loops<2>::Offsets& at, int64_t, int64_t lines) {
      const Visit visit_here = visit;
      if (stride == 1) {
        for (int64_t line = 0; line < lines; ++line)
          for (int64_t k = 0; k < count; ++k) visit_here(at[1] + line * step + k, at[0] + line * x_step);
      } else {
        for (int64_t k = 0; k < count; ++k)
          for (int64_t line = 0; line < lines; ++line)
            visit_here(at[1] + k * stride + line * step, at[0] + line * x_step);
      }
    });
  }

 private:
  Loops<2> others_;
  int64_t count_ = 0, index_stride_ = 0;
  int64_t places_ = 0, stride_ = 0;
};

}  // namespace kompakt
