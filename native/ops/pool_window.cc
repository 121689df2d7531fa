// PoolWindow: reading the geometry and listing the taps of a pixel.
// SPDX-License-Identifier: Apache-2.0
#include "native/ops/pool_window.h"

#include <algorithm>

namespace kompakt {
namespace {

/// How many of `kernel` taps, `dilation` apart, lie less than `room` after the first.
int64_t TapsBelow(int64_t room, int64_t kernel, int64_t dilation) {
  return room <= 0 ? 0 : std::min(kernel, (room - 1) / dilation + 1);
}

}  // namespace

Status PoolWindow::Make(const StepSpec& spec, const TensorView& x, const TensorView& y, bool has_dilations) {
  if (x.rank != 4 || y.rank != 4 || x.dims[0] != y.dims[0] || x.dims[3] != y.dims[3])
    return spec.Fail("expected x and y to be NHWC with the same N and C");
  std::vector<int64_t> kernel, strides, pads, dilations{1, 1};
  KPT_RETURN_IF_ERROR(ReadInts(spec, "kernel", 2, 1, &kernel));
  KPT_RETURN_IF_ERROR(ReadInts(spec, "strides", 2, 1, &strides));
  KPT_RETURN_IF_ERROR(ReadInts(spec, "pads", 4, 0, &pads));
  if (has_dilations) KPT_RETURN_IF_ERROR(ReadInts(spec, "dilations", 2, 1, &dilations));
  if (kernel[0] * kernel[1] > INT32_MAX) return TooLarge(spec, "the window is too large");
  batch_ = x.dims[0], in_h_ = x.dims[1], in_w_ = x.dims[2], channels_ = x.dims[3];
  out_h_ = y.dims[1], out_w_ = y.dims[2];
  kernel_h_ = kernel[0], kernel_w_ = kernel[1];
  stride_h_ = strides[0], stride_w_ = strides[1];
  dilation_h_ = dilations[0], dilation_w_ = dilations[1];
  top_ = pads[0], left_ = pads[1], bottom_ = pads[2], right_ = pads[3];
  if ((out_h_ - 1) * stride_h_ >= in_h_ + top_ + bottom_ ||
      (out_w_ - 1) * stride_w_ >= in_w_ + left_ + right_)
    return spec.Fail("an output window starts outside of the padded input");
  const bool fits = TapsBelow(in_h_, kernel_h_, dilation_h_) == kernel_h_ &&
                    TapsBelow(in_w_, kernel_w_, dilation_w_) == kernel_w_;
  reach_h_ = fits ? (kernel_h_ - 1) * dilation_h_ : in_h_;
  reach_w_ = fits ? (kernel_w_ - 1) * dilation_w_ : in_w_;
  for (int64_t kh = 0; fits && kh < kernel_h_; ++kh)
    for (int64_t kw = 0; kw < kernel_w_; ++kw)
      inner_taps_.push_back((kh * dilation_h_ * in_w_ + kw * dilation_w_) * channels_);
  most_taps_ = std::min(kernel_h_, in_h_) * std::min(kernel_w_, in_w_);
  const size_t bytes = AlignUp(static_cast<size_t>(most_taps_) * sizeof(int64_t));
  scratch_taps_ = static_cast<int64_t>(bytes / sizeof(int64_t));
  spec.scratch_bytes = bytes * static_cast<size_t>(spec.threads);
  return Status::Ok();
}

int64_t PoolWindow::Taps(int64_t oh, int64_t ow, int64_t* taps, int64_t* padded_count) const {
  const int64_t top = oh * stride_h_ - top_, left = ow * stride_w_ - left_;
  const int64_t h_end = TapsBelow(in_h_ - top, kernel_h_, dilation_h_);
  const int64_t w_end = TapsBelow(in_w_ - left, kernel_w_, dilation_w_);
  const int64_t w_begin = TapsBelow(-left, kernel_w_, dilation_w_);
  *padded_count = TapsBelow(in_h_ + bottom_ - top, kernel_h_, dilation_h_) *
                  TapsBelow(in_w_ + right_ - left, kernel_w_, dilation_w_);
  int64_t count = 0;
  for (int64_t kh = TapsBelow(-top, kernel_h_, dilation_h_); kh < h_end; ++kh)
    for (int64_t kw = w_begin; kw < w_end; ++kw)
      taps[count++] = ((top + kh * dilation_h_) * in_w_ + left + kw * dilation_w_) * channels_;
  return count;
}

}  // namespace kompakt
