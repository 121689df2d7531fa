// pool: one output pixel of a channels-last pooling, and sums of columns of bytes.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "native/kernels/kernel.h"

namespace kompakt {

/// y = clamp(roundHalfEven((sum - taps * x_zero) * factor) + y_zero, lo, hi), the sum exact in 32 bits.
struct AverageU8Params {
  int32_t x_zero = 0;
  float factor = 1;
  int32_t y_zero = 0;
  int32_t lo = 0;
  int32_t hi = 255;
};

/// Tap t of channel c is x[taps[t] + c].
struct PoolKernel {
  /// 0 without taps.
  void (*max_u8)(const uint8_t* x, const int64_t* taps, int64_t tap_count, uint8_t* y, int64_t channels);
  /// Every bit that some tap has: the largest of values that are bits. 0 without taps.
  void (*or_u8)(const uint8_t* x, const int64_t* taps, int64_t tap_count, uint8_t* y, int64_t channels);
  /// NaN never wins; -infinity without taps.
  void (*max_f32)(const float* x, const int64_t* taps, int64_t tap_count, float* y, int64_t channels);
  /// Sum in the order of the taps, divided by `divisor`; 0 without taps.
  void (*average_f32)(const float* x, const int64_t* taps, int64_t tap_count, float divisor, float* y,
                      int64_t channels);
  void (*average_u8)(const AverageU8Params& params, const uint8_t* x, const int64_t* taps, int64_t tap_count,
                     uint8_t* y, int64_t channels);
  /// sums[c] += the sum of x[r * stride + c] over r < rows, for c < columns.
  void (*column_sums_u8)(const uint8_t* x, int64_t rows, int64_t stride, int64_t columns, int32_t* sums);
  /// The averages of `taps` bytes each, from their sums.
  void (*average_sums)(const AverageU8Params& params, const int32_t* sums, int64_t taps, uint8_t* y,
                       int64_t channels);
};

KernelList<PoolKernel> PoolKernels();
const PoolKernel& BestPoolKernel();

}  // namespace kompakt
