// byte_sums: sums of runs of bytes. What all channels of a pixel add up to pays for a zero point that all
// weights share (packed_weights.h). SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "native/kernels/kernel.h"

namespace kompakt {

struct ByteSumsKernel {
  /// sums[i] = the sum of x[i * stride + k] over k < bytes, modulo 2^32, for i < count. Reads less than
  /// kReadPadding bytes past the end of a run.
  void (*run)(const uint8_t* x, int64_t count, int64_t bytes, int64_t stride, uint32_t* sums);
};

KernelList<ByteSumsKernel> ByteSumsKernels();
const ByteSumsKernel& BestByteSumsKernel();

}  // namespace kompakt
