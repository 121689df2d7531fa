// pack_bits: values to bits, eight a byte, the first in bit 0: bit = (x >= threshold) xor flip. NaN is below
// every threshold. Bits beyond `count` come out clear. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "native/kernels/kernel.h"

namespace kompakt {

struct PackBitsKernel {
  /// `rows` rows of `count` values, each from a byte of its own on. `threshold` has `count` elements, `flip`
  /// as many bits (clear beyond `count`).
  void (*f32)(const float* x, const float* threshold, const uint8_t* flip, uint8_t* y, int64_t rows,
              int64_t count);
  void (*u8)(const uint8_t* x, const uint8_t* threshold, const uint8_t* flip, uint8_t* y, int64_t rows,
             int64_t count);
};

KernelList<PackBitsKernel> PackBitsKernels();
const PackBitsKernel& BestPackBitsKernel();

}  // namespace kompakt
