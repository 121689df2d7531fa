// softmax_f32_scalar: the reference: one lane, portable C++.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/region.h"
#include "native/kernels/softmax_f32/softmax_f32.h"
#include "native/simd/vec_scalar.h"

KPT_TIER_BEGIN_SCALAR
#include "native/kernels/softmax_f32/softmax_f32-inl.h"

namespace kompakt {

extern const SoftmaxKernel softmax_f32_scalar;
const SoftmaxKernel softmax_f32_scalar = {softmax_inl::RunRows, softmax_inl::RunColumns};

}  // namespace kompakt

KPT_TIER_END_SCALAR
