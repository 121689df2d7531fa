// optimizer_f32_scalar: the reference: one lane, portable C++.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/region.h"
#include "native/kernels/optimizer_f32/optimizer_f32.h"
#include "native/simd/vec_scalar.h"

KPT_TIER_BEGIN_SCALAR
#include "native/kernels/optimizer_f32/optimizer_f32-inl.h"

namespace kompakt {

extern const OptimizerKernel optimizer_f32_scalar;
const OptimizerKernel optimizer_f32_scalar = {optimizer_inl::Update};

}  // namespace kompakt

KPT_TIER_END_SCALAR
