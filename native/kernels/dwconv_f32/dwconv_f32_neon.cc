// dwconv_f32_neon: Advanced SIMD.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_ARM64
#include "native/cpu/region.h"
#include "native/kernels/dwconv_f32/dwconv_f32.h"
#include "native/simd/dot_neon.h"

KPT_TIER_BEGIN_NEON
#include "native/kernels/dwconv_f32/dwconv_f32_row-inl.h"

namespace kompakt {

void dwconv_f32_neon(const DwconvF32Row& row) { dwconv_f32_inl::ComputeAnyRow(row); }

}  // namespace kompakt

KPT_TIER_END_NEON

#endif
