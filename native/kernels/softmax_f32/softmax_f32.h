// softmax_f32: softmax or log-softmax of rows or of columns.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "native/kernels/kernel.h"

namespace kompakt {

/// softmax: e^(x - max) / sum of these; log: (x - max) - log(sum). max and sum in the order of reduce_f32. y
/// may be x.
struct SoftmaxKernel {
  void (*rows)(bool log, const float* x, float* y, int64_t rows, int64_t count);
  /// Each of the columns [0, width) of rows that are `stride` apart, in x and in y.
  void (*columns)(bool log, const float* x, float* y, int64_t rows, int64_t stride, int64_t width);
};

KernelList<SoftmaxKernel> SoftmaxKernels();
const SoftmaxKernel& BestSoftmaxKernel();

}  // namespace kompakt
