// dwconv_f32_avx512: AVX-512.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_X86_64
#include "native/cpu/region.h"
#include "native/kernels/dwconv_f32/dwconv_f32.h"
#include "native/simd/dot_avx512.h"

KPT_TIER_BEGIN_AVX512VNNI
#include "native/kernels/dwconv_f32/dwconv_f32_row-inl.h"

namespace kompakt {

void dwconv_f32_avx512(const DwconvF32Row& row) { dwconv_f32_inl::ComputeAnyRow(row); }

}  // namespace kompakt

KPT_TIER_END
#endif
