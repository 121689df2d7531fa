// affine_s32_neon: Advanced SIMD.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_ARM64
#include "native/cpu/region.h"
#include "native/kernels/affine_s32/affine_s32.h"
#include "native/simd/vec_neon.h"

KPT_TIER_BEGIN_NEON
#include "native/kernels/affine_s32/affine_s32-inl.h"

namespace kompakt {

extern const AffineS32Kernel affine_s32_neon;
const AffineS32Kernel affine_s32_neon = {affine_inl::ToF32, affine_inl::ToU8};

}  // namespace kompakt

KPT_TIER_END_NEON
#endif
