// binary_f32_scalar: the reference: one lane, portable C++.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/region.h"
#include "native/kernels/binary_f32/binary_f32.h"
#include "native/simd/vec_scalar.h"

KPT_TIER_BEGIN_SCALAR
#include "native/kernels/binary_f32/binary_f32-inl.h"

namespace kompakt {

void binary_f32_scalar(BinaryKind kind, const float* a, int a_step, const float* b, int b_step, float* y,
                       int64_t count) {
  binary_inl::Run(kind, a, a_step, b, b_step, y, count);
}

}  // namespace kompakt

KPT_TIER_END_SCALAR
