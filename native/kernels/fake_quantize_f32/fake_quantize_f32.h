// fake_quantize_f32: quantising and dequantising at once, in float, and its gradient. Low and high are bounds
// as distances from the zero point. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "native/kernels/kernel.h"

namespace kompakt {

struct FakeQuantizeParams {
  float low = 0;
  float high = 0;
  /// Weight of the rounding error in the gradient of the scale.
  float inner = 0;
};

struct FakeQuantizeKernel {
  /// y = clamp(roundHalfEven(x / scale), low, high) * scale, 0 where x / scale is NaN.
  void (*row)(const FakeQuantizeParams& params, float scale, const float* x, float* y, int64_t count);
  /// The same with a scale for each element.
  void (*each)(const FakeQuantizeParams& params, const float* scales, const float* x, float* y,
               int64_t count);
  /// dx = dy where low < x / scale < high, else 0. Returns the sum of dy times low or high beyond the bounds,
  /// inner * (round(x / scale) - x / scale) between them, in the order of reduce_f32 over pieces of
  /// kFakeQuantizePiece elements. dx may be dy or x.
  float (*gradient_row)(const FakeQuantizeParams& params, float scale, const float* dy, const float* x,
                        float* dx, int64_t count);
  /// The same of rows with a scale for each column; sums[c] are chains of sums in order of the rows.
  void (*gradient_columns)(const FakeQuantizeParams& params, const float* scales, const float* dy,
                           const float* x, float* dx, int64_t rows, int64_t columns, float* sums);
};

constexpr int64_t kFakeQuantizePiece = 256;

KernelList<FakeQuantizeKernel> FakeQuantizeKernels();
const FakeQuantizeKernel& BestFakeQuantizeKernel();

}  // namespace kompakt
