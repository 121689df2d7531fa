// binary_f32: y = a op b over a run of elements, either side a vector or one value.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>

#include "native/kernels/kernel.h"

namespace kompakt {

/// The same names as BinaryKind of lib/ops/steps.ts. max and min give NaN when a side is NaN, and b when the
/// sides compare equal (zeros of different sign).
enum class BinaryKind : uint8_t { kAdd, kSub, kMul, kDiv, kMax, kMin, kPow, kPrelu };

bool ParseBinaryKind(const std::string& name, BinaryKind* out);

/// y[i] = a[i * a_step] op b[i * b_step]; a step is 0 or 1. y may be the a or the b that it is as long as.
using BinaryF32Fn = void (*)(BinaryKind kind, const float* a, int a_step, const float* b, int b_step,
                             float* y, int64_t count);
void BinaryF32(BinaryKind kind, const float* a, int a_step, const float* b, int b_step, float* y,
               int64_t count);
KernelList<BinaryF32Fn> BinaryF32Kernels();

/// base ^ exponent with C's special cases, correct to the last bit or the one before. Computed in float64 by
/// the same operations everywhere; exponent 2 is a product.
float PowF32(float base, float exponent);

}  // namespace kompakt
