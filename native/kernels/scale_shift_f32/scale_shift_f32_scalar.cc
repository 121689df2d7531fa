// scale_shift_f32_scalar: the reference: one lane, portable C++.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/region.h"
#include "native/kernels/scale_shift_f32/scale_shift_f32.h"
#include "native/simd/vec_scalar.h"

KPT_TIER_BEGIN_SCALAR
#include "native/kernels/scale_shift_f32/scale_shift_f32-inl.h"

namespace kompakt {

extern const ScaleShiftKernel scale_shift_f32_scalar;
const ScaleShiftKernel scale_shift_f32_scalar = {scale_shift_inl::Run, scale_shift_inl::RunPlane};

}  // namespace kompakt

KPT_TIER_END_SCALAR
