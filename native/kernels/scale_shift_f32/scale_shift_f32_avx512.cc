// scale_shift_f32_avx512: AVX-512.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_X86_64
#include "native/cpu/region.h"
#include "native/kernels/scale_shift_f32/scale_shift_f32.h"
#include "native/simd/vec_avx512.h"

KPT_TIER_BEGIN_AVX512VNNI
#include "native/kernels/scale_shift_f32/scale_shift_f32-inl.h"

namespace kompakt {

extern const ScaleShiftKernel scale_shift_f32_avx512;
const ScaleShiftKernel scale_shift_f32_avx512 = {scale_shift_inl::Run, scale_shift_inl::RunPlane};

}  // namespace kompakt

KPT_TIER_END
#endif
