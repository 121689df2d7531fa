// FoldedChannels: bias and scale of an 8-bit kernel's columns, the zero point of x folded into the bias, and
// what all of them together allow the kernel to do. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "native/base/aligned_buffer.h"
#include "native/kernels/requantize/requantize.h"

namespace kompakt {

class FoldedChannels {
 public:
  FoldedChannels() = default;
  explicit FoldedChannels(int64_t slots)
      : bias_(static_cast<size_t>(slots) * 4), scale_(static_cast<size_t>(slots) * 4) {}
  bool allocated() const { return bias_.data() != nullptr && scale_.data() != nullptr; }

  /// The arguments of FoldBias, and the scale of a column.
  void Set(int64_t slot, int32_t bias, int32_t x_offset, int32_t weight_sum, float scale) {
    const int32_t folded = FoldBias(bias, x_offset, weight_sum);
    this->bias()[slot] = folded;
    this->scale()[slot] = scale;
    most_bias_ = std::max(most_bias_, std::abs(int64_t{folded}));
    fast_scale_ = fast_scale_ && std::fabs(scale) <= kMaxFastScale;
    signs_ = signs_ || scale < 0;
  }

  int32_t* bias() { return bias_.as<int32_t>(); }
  float* scale() { return scale_.as<float>(); }
  const int32_t* bias() const { return bias_.as<int32_t>(); }
  const float* scale() const { return scale_.as<float>(); }
  /// False: some scale is too large to convert before clamping; compute f32 and round it (requantize.h).
  bool fast_scale() const { return fast_scale_; }
  /// Whether sums are small (kSmallSum), given that no column adds more than 255 * reach to its bias.
  bool Small(int32_t reach) const { return !signs_ && most_bias_ + int64_t{255} * reach <= kSmallSum; }

 private:
  AlignedBuffer bias_, scale_;
  int64_t most_bias_ = 0;
  bool fast_scale_ = true, signs_ = false;
};

}  // namespace kompakt
