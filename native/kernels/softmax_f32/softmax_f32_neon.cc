// softmax_f32_neon: Advanced SIMD.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_ARM64
#include "native/cpu/region.h"
#include "native/kernels/softmax_f32/softmax_f32.h"
#include "native/simd/vec_neon.h"

KPT_TIER_BEGIN_NEON
#include "native/kernels/softmax_f32/softmax_f32-inl.h"

namespace kompakt {

extern const SoftmaxKernel softmax_f32_neon;
const SoftmaxKernel softmax_f32_neon = {softmax_inl::RunRows, softmax_inl::RunColumns};

}  // namespace kompakt

KPT_TIER_END_NEON
#endif
