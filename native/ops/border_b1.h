// BorderB1: what the products of a one-bit convolution must be corrected by at the border of the image. The
// kernel counts a tap in the padding as if its bits were clear; a pixel belongs to the class of all pixels
// that have the same taps in the padding, and each class has a row of sums to start from.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include "native/ops/convolution.h"

namespace kompakt {

class BorderB1 {
 public:
  /// Sorts output pixels into classes. Without `zeros` padding counts like any value, and there is one class.
  Status Make(const StepSpec& spec, const Convolution& conv, bool zeros);

  int64_t classes() const { return static_cast<int64_t>(rows_.ranges.size() * columns_.ranges.size()); }
  /// `width` times the class of every pixel of output rows [first, first + lines).
  void Rows(int64_t first, int64_t lines, int32_t width, int32_t* out) const;
  /// The sum of an output whose bits all agree with a filter of `channels` bits a tap, less what the kernel
  /// makes of the taps in the padding; `set[tap]` counts the set bits of the filter's taps.
  int64_t Offset(int64_t index, const int64_t* set, int64_t channels) const;

 private:
  /// Taps [first, second) lie inside the image.
  using TapRange = std::pair<int32_t, int32_t>;
  struct Axis {
    std::vector<TapRange> ranges;
    std::vector<int32_t> of;  // [output]: index of its range
  };
  static Axis MakeAxis(int64_t outputs, int64_t taps, int64_t inputs, int64_t stride, int64_t dilation,
                       int64_t pad);

  Axis rows_, columns_;
  int64_t kernel_height_ = 0, kernel_width_ = 0;
};

}  // namespace kompakt
