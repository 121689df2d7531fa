// batch_norm_f32_neon: Advanced SIMD.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_ARM64
#include "native/cpu/region.h"
#include "native/kernels/batch_norm_f32/batch_norm_f32.h"
#include "native/simd/vec_neon.h"

KPT_TIER_BEGIN_NEON
#include "native/kernels/batch_norm_f32/batch_norm_f32-inl.h"

namespace kompakt {

extern const BatchNormKernel batch_norm_f32_neon;
const BatchNormKernel batch_norm_f32_neon = {batch_norm_inl::Moments, batch_norm_inl::Normalize,
                                             batch_norm_inl::Products, batch_norm_inl::Gradient};

}  // namespace kompakt

KPT_TIER_END_NEON
#endif
