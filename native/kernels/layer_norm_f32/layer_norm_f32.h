// layer_norm_f32: normalises one row to mean 0 and variance 1.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "native/kernels/kernel.h"

namespace kompakt {

struct LayerNormKernel {
  /// y = (x - mean) / sqrt(variance + epsilon) * scale + bias, each operation rounded; variance is the mean
  /// of (x - mean)^2, sums in the order of reduce_f32. scale and bias may be null. y may be x.
  void (*row)(const float* x, const float* scale, const float* bias, float epsilon, float* y, int64_t count);
};

KernelList<LayerNormKernel> LayerNormKernels();
const LayerNormKernel& BestLayerNormKernel();

}  // namespace kompakt
