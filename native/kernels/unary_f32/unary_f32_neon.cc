// unary_f32_neon: Advanced SIMD.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_ARM64
#include "native/cpu/region.h"
#include "native/kernels/unary_f32/unary_f32.h"
#include "native/simd/vec_neon.h"

KPT_TIER_BEGIN_NEON
#include "native/kernels/unary_f32/unary_f32-inl.h"

namespace kompakt {

void unary_f32_neon(UnaryOp op, const float* x, float* y, int64_t count) { unary_inl::Run(op, x, y, count); }

}  // namespace kompakt

KPT_TIER_END_NEON
#endif
