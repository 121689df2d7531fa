// PoolWindow: which inputs an output pixel of a pooling sees, and the loop over output pixels.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstring>

#include "native/ops/checks.h"

namespace kompakt {

class PoolWindow {
 public:
  /// Reads kernel, strides, pads and dilations, checks the NHWC dims of x and y, and reserves scratch for the
  /// taps. Every window of y has to start inside the padded input.
  Status Make(const StepSpec& spec, bool has_dilations) {
    return Make(spec, *spec.in(0), spec.out(), has_dilations);
  }
  /// The same for x and y that are not the first input and output: in a backward pass.
  Status Make(const StepSpec& spec, const TensorView& x, const TensorView& y, bool has_dilations);

  int64_t channels() const { return channels_; }
  int64_t kernel_size() const { return kernel_h_ * kernel_w_; }

  /// Calls pixel(x_offset, taps, tap_count, padded_count, y_offset) for every output pixel, in parallel. Taps
  /// are the offsets, in order kH, kW, of the inputs that exist; padded_count also counts those in the
  /// padding.
  template <typename Pixel>
  void ForEach(const RunContext& context, const Pixel& pixel) const {
    int64_t* scratch = reinterpret_cast<int64_t*>(context.scratch);
    const int64_t work = channels_ * most_taps_;
    const int64_t rows = batch_ * out_h_;
    context.pool->ParallelFor(rows, GrainOf(work * out_w_), [&](int64_t begin, int64_t end, int thread) {
      int64_t* taps = scratch + thread * scratch_taps_;
      for (int64_t i = begin; i < end; ++i)
        for (int64_t ow = 0; ow < out_w_; ++ow) Visit(context.Turn(i, rows), ow, taps, pixel);
    });
  }

  /// The same where pixels add to an image `dx` of the size of x: it is zeroed, and the pixels of an image
  /// are visited in order by one thread.
  template <typename Pixel>
  void ForEachOfImages(const RunContext& context, float* dx, const Pixel& pixel) const {
    int64_t* scratch = reinterpret_cast<int64_t*>(context.scratch);
    const int64_t size = in_h_ * in_w_ * channels_;
    context.pool->ParallelFor(batch_, GrainOf(size), [&](int64_t begin, int64_t end, int thread) {
      int64_t* taps = scratch + thread * scratch_taps_;
      std::memset(dx + begin * size, 0, static_cast<size_t>((end - begin) * size) * sizeof(float));
      for (int64_t row = begin * out_h_; row < end * out_h_; ++row)
        for (int64_t ow = 0; ow < out_w_; ++ow) Visit(row, ow, taps, pixel);
    });
  }

 private:
  template <typename Pixel>
  void Visit(int64_t row, int64_t ow, int64_t* taps, const Pixel& pixel) const {
    const int64_t image = row / out_h_ * in_h_ * in_w_ * channels_, oh = row % out_h_;
    const int64_t y = (row * out_w_ + ow) * channels_;
    const int64_t h = oh * stride_h_ - top_, w = ow * stride_w_ - left_;
    if (h >= 0 && w >= 0 && h + reach_h_ < in_h_ && w + reach_w_ < in_w_)
      return pixel(image + (h * in_w_ + w) * channels_, inner_taps_.data(), kernel_size(), kernel_size(), y);
    int64_t padded_count = 0;
    const int64_t tap_count = Taps(oh, ow, taps, &padded_count);
    pixel(image, taps, tap_count, padded_count, y);
  }
  int64_t Taps(int64_t oh, int64_t ow, int64_t* taps, int64_t* padded_count) const;

  int64_t batch_ = 0, in_h_ = 0, in_w_ = 0, channels_ = 0, out_h_ = 0, out_w_ = 0;
  int64_t kernel_h_ = 1, kernel_w_ = 1, stride_h_ = 1, stride_w_ = 1, dilation_h_ = 1, dilation_w_ = 1;
  int64_t top_ = 0, left_ = 0, bottom_ = 0, right_ = 0;
  int64_t most_taps_ = 0;     // of one window inside the input
  int64_t scratch_taps_ = 0;  // from one thread's to the next: no two write to one cache line
  /// From the first to the last row and column of a window; the input's size where none lies inside it.
  int64_t reach_h_ = 0, reach_w_ = 0;
  /// Taps of every window that lies inside the input, from its first tap on.
  std::vector<int64_t> inner_taps_;
};

}  // namespace kompakt
