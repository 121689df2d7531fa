// affine_s32_scalar: the reference: one lane, portable C++.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/region.h"
#include "native/kernels/affine_s32/affine_s32.h"
#include "native/simd/vec_scalar.h"

KPT_TIER_BEGIN_SCALAR
#include "native/kernels/affine_s32/affine_s32-inl.h"

namespace kompakt {

extern const AffineS32Kernel affine_s32_scalar;
const AffineS32Kernel affine_s32_scalar = {affine_inl::ToF32, affine_inl::ToU8};

}  // namespace kompakt

KPT_TIER_END_SCALAR
