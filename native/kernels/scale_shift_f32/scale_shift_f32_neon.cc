// scale_shift_f32_neon: Advanced SIMD.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_ARM64
#include "native/cpu/region.h"
#include "native/kernels/scale_shift_f32/scale_shift_f32.h"
#include "native/simd/vec_neon.h"

KPT_TIER_BEGIN_NEON
#include "native/kernels/scale_shift_f32/scale_shift_f32-inl.h"

namespace kompakt {

extern const ScaleShiftKernel scale_shift_f32_neon;
const ScaleShiftKernel scale_shift_f32_neon = {scale_shift_inl::Run, scale_shift_inl::RunPlane};

}  // namespace kompakt

KPT_TIER_END_NEON
#endif
