// affine_s32: sums of one-bit products to float32 or stored bytes, a scale and bias per channel, then a leaky
// step and a shift where there are such (RPReLU, Liu et al. 2020, arXiv:2003.03488, section 4.3).
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "native/kernels/kernel.h"
#include "native/kernels/requantize/requantize.h"

namespace kompakt {

/// t = float(x) * scale[c] + bias[c], rounded twice; with slope: t = (t < 0 ? t * slope[c] : t) + shift[c].
struct AffineS32Params {
  const float* scale;
  const float* bias;
  const float* slope;  // null: none, and no shift
  const float* shift;
  OutputRange range;  // u8 only
  /// All x * scale + bias are proved to lie within +-2^30: tiers may convert before they clamp.
  bool bounded = false;
};

/// `rows` rows of `channels` elements, strides in elements. x may be read past its end.
struct AffineS32Rows {
  const int32_t* x;
  int64_t x_stride;
  int64_t y_stride;
  int64_t rows;
  int64_t channels;
};

struct AffineS32Kernel {
  /// y = t.
  void (*f32)(const AffineS32Params& params, const AffineS32Rows& rows, float* y);
  /// y = clamp(roundHalfEven(t) + zero, lo, hi).
  void (*u8)(const AffineS32Params& params, const AffineS32Rows& rows, uint8_t* y);
};

KernelList<AffineS32Kernel> AffineS32Kernels();
const AffineS32Kernel& BestAffineS32Kernel();

}  // namespace kompakt
