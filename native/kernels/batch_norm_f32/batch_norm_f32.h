// batch_norm_f32: the passes of batch normalisation over blocks of rows [rows, channels].
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "native/kernels/kernel.h"

namespace kompakt {

struct BatchNormKernel {
  /// Mean, and sum of squares of deviations from it, of every channel of a block: sums in order of the rows.
  void (*moments)(const float* x, int64_t rows, int64_t channels, float* mean, float* squares);
  /// y = (x - mean) * factor + shift.
  void (*normalize)(const float* x, int64_t rows, int64_t channels, const float* mean, const float* factor,
                    const float* shift, float* y);
  /// Sums of dy and of dy * (x - mean), in order of the rows.
  void (*products)(const float* dy, const float* x, int64_t rows, int64_t channels, const float* mean,
                   float* sums, float* products);
  /// dx = a * dy + b * (x - mean) + c.
  void (*gradient)(const float* dy, const float* x, int64_t rows, int64_t channels, const float* mean,
                   const float* a, const float* b, const float* c, float* dx);
};

KernelList<BatchNormKernel> BatchNormKernels();
const BatchNormKernel& BestBatchNormKernel();

}  // namespace kompakt
