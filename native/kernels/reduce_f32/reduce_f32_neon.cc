// reduce_f32_neon: Advanced SIMD.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_ARM64
#include "native/cpu/region.h"
#include "native/kernels/reduce_f32/reduce_f32.h"
#include "native/simd/vec_neon.h"

KPT_TIER_BEGIN_NEON
#include "native/kernels/reduce_f32/reduce_f32-inl.h"

namespace kompakt {

extern const ReduceKernel reduce_f32_neon;
const ReduceKernel reduce_f32_neon = {reduce_inl::RunRow, reduce_inl::RunColumns};

}  // namespace kompakt

KPT_TIER_END_NEON
#endif
