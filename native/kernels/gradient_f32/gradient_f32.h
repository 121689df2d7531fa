// gradient_f32: backward passes of elementwise functions, softmaxes and poolings.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "native/kernels/kernel.h"
#include "native/kernels/unary_f32/unary_f32.h"

namespace kompakt {

struct GradientKernel {
  /// dx = dy * f'(v); v is x or f(x), as lib/ops/gradients/derivatives.ts says. dx may be dy or v.
  void (*unary)(UnaryOp op, const float* dy, const float* v, float* dx, int64_t count);
  /// log: dx = dy - e^y * sum dy, else dx = y * (dy - sum dy * y); sums in the order of reduce_f32.
  void (*softmax_row)(bool log, const float* dy, const float* y, float* dx, int64_t count);
  /// The same of columns [0, width) of rows that are `stride` apart.
  void (*softmax_columns)(bool log, const float* dy, const float* y, float* dx, int64_t rows, int64_t stride,
                          int64_t width);
  /// One window: dy of every channel is added at its first tap that is not below y.
  void (*max_pool)(const float* dy, const float* x, const float* y, const int64_t* taps, int64_t tap_count,
                   float* dx, int64_t channels);
  /// One window: dy / divisor is added at every tap.
  void (*average_pool)(const float* dy, float divisor, const int64_t* taps, int64_t tap_count, float* dx,
                       int64_t channels);
  /// sums[c] += chain over r of dy[r * channels + c] * x[r * x_stride + c].
  void (*multiply_rows)(const float* dy, const float* x, int64_t x_stride, int64_t rows, int64_t channels,
                        float* sums);
  /// y += x.
  void (*add)(const float* x, float* y, int64_t count);
};

KernelList<GradientKernel> GradientKernels();
const GradientKernel& BestGradientKernel();

}  // namespace kompakt
