// optimizer_f32_avx512: AVX-512.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_X86_64
#include "native/cpu/region.h"
#include "native/kernels/optimizer_f32/optimizer_f32.h"
#include "native/simd/vec_avx512.h"

KPT_TIER_BEGIN_AVX512VNNI
#include "native/kernels/optimizer_f32/optimizer_f32-inl.h"

namespace kompakt {

extern const OptimizerKernel optimizer_f32_avx512;
const OptimizerKernel optimizer_f32_avx512 = {optimizer_inl::Update};

}  // namespace kompakt

KPT_TIER_END
#endif
