// quantize_u8: float32 to stored bytes and back.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "native/kernels/kernel.h"

namespace kompakt {

struct QuantizeParams {
  float scale = 1;
  int32_t zero = 0;
  int32_t lo = 0;
  int32_t hi = 255;
};

struct QuantizeKernel {
  /// y = clamp(roundHalfEven(x / scale) + zero, lo, hi); NaN gives zero. The clamp comes before the
  /// conversion to an integer, so that infinities and huge values saturate alike everywhere.
  void (*quantize)(const QuantizeParams& params, const float* x, uint8_t* y, int64_t count);
  /// y = (x - zero) * scale.
  void (*dequantize)(float scale, int32_t zero, const uint8_t* x, float* y, int64_t count);
  /// The least and the largest of the values and 0; NaN is left out.
  void (*range)(const float* x, int64_t count, float* low, float* high);
};

KernelList<QuantizeKernel> QuantizeKernels();
const QuantizeKernel& BestQuantizeKernel();

}  // namespace kompakt
