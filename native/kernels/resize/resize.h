// resize: one output pixel of a separable channels-last resampling.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "native/kernels/kernel.h"

namespace kompakt {

/// taps[t * count + u] is the pixel at row t, column u of the count x count pixels that are mixed.
/// y[c] = sum_t h_weights[t] * (sum_u w_weights[u] * x[t][u][c]), in order, unfused; sums start from their
/// first term.
struct ResizeKernel {
  void (*f32)(const float* const* taps, const float* h_weights, const float* w_weights, int count, float* y,
              int64_t channels);
  /// Rounded half to even and saturated.
  void (*u8)(const uint8_t* const* taps, const float* h_weights, const float* w_weights, int count,
             uint8_t* y, int64_t channels);
};

KernelList<ResizeKernel> ResizeKernels();
const ResizeKernel& BestResizeKernel();

}  // namespace kompakt
