// batch_norm_f32_avx2: AVX2.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_X86_64
#include "native/cpu/region.h"
#include "native/kernels/batch_norm_f32/batch_norm_f32.h"
#include "native/simd/vec_avx2.h"

KPT_TIER_BEGIN_AVX2
#include "native/kernels/batch_norm_f32/batch_norm_f32-inl.h"

namespace kompakt {

extern const BatchNormKernel batch_norm_f32_avx2;
const BatchNormKernel batch_norm_f32_avx2 = {batch_norm_inl::Moments, batch_norm_inl::Normalize,
                                             batch_norm_inl::Products, batch_norm_inl::Gradient};

}  // namespace kompakt

KPT_TIER_END
#endif
