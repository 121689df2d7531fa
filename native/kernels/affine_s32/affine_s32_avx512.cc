// affine_s32_avx512: AVX-512.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_X86_64
#include "native/cpu/region.h"
#include "native/kernels/affine_s32/affine_s32.h"
#include "native/kernels/requantize/s8_avx512vnni.h"
#include "native/simd/vec_avx512.h"

KPT_TIER_BEGIN_AVX512VNNI
#include "native/kernels/affine_s32/affine_s32-inl.h"
#include "native/kernels/affine_s32/affine_s32_x86.inc"

namespace kompakt {

extern const AffineS32Kernel affine_s32_avx512;
const AffineS32Kernel affine_s32_avx512 = {affine_inl::ToF32, affine_inl::ToU8Fast<S8Avx512Vnni>};

}  // namespace kompakt

KPT_TIER_END
#endif
