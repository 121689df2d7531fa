// binary_u8: quantised addition and multiplication over a run of bytes, either side a vector or one value.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "native/kernels/kernel.h"

namespace kompakt {

/// add: clamp(roundHalfEven(a_factor * (a - a_zero) + b_factor * (b - b_zero)) + y_zero, lo, hi), two
/// products and a sum, each rounded to float32. mul: clamp(roundHalfEven((a - a_zero) * (b - b_zero) *
/// a_factor) + y_zero, lo, hi), the first product exact.
struct BinaryU8Params {
  float a_factor = 1;
  float b_factor = 1;
  int32_t a_zero = 0;
  int32_t b_zero = 0;
  int32_t y_zero = 0;
  int32_t lo = 0;
  int32_t hi = 255;
};

/// True where sums of products stay far within int32: what faster additions rely on.
inline bool SumsFitInt32(const BinaryU8Params& p) {
  return p.a_factor > -1e6f && p.a_factor < 1e6f && p.b_factor > -1e6f && p.b_factor < 1e6f;
}

/// y[i] = a[i * a_step] op b[i * b_step]; a step is 0 or 1. y may be the a or the b that it is as long as.
using BinaryU8Fn = void (*)(const BinaryU8Params& params, const uint8_t* a, int a_step, const uint8_t* b,
                            int b_step, uint8_t* y, int64_t count);
struct BinaryU8Kernel {
  BinaryU8Fn add;
  BinaryU8Fn mul;
};

KernelList<BinaryU8Kernel> BinaryU8Kernels();
const BinaryU8Kernel& BestBinaryU8Kernel();

}  // namespace kompakt
