// layer_norm_f32_neon: Advanced SIMD.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_ARM64
#include "native/cpu/region.h"
#include "native/kernels/layer_norm_f32/layer_norm_f32.h"
#include "native/simd/vec_neon.h"

KPT_TIER_BEGIN_NEON
#include "native/kernels/layer_norm_f32/layer_norm_f32-inl.h"

namespace kompakt {

extern const LayerNormKernel layer_norm_f32_neon;
const LayerNormKernel layer_norm_f32_neon = {layer_norm_inl::RunRow};

}  // namespace kompakt

KPT_TIER_END_NEON
#endif
