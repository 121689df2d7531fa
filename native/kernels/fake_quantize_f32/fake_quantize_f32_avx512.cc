// fake_quantize_f32_avx512: AVX-512.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_X86_64
#include "native/cpu/region.h"
#include "native/kernels/fake_quantize_f32/fake_quantize_f32.h"
#include "native/simd/vec_avx512.h"

KPT_TIER_BEGIN_AVX512VNNI
#include "native/kernels/fake_quantize_f32/fake_quantize_f32-inl.h"

namespace kompakt {

extern const FakeQuantizeKernel fake_quantize_f32_avx512;
const FakeQuantizeKernel fake_quantize_f32_avx512 = {fake_quantize_inl::Row, fake_quantize_inl::Each,
                                                     fake_quantize_inl::GradientRow,
                                                     fake_quantize_inl::GradientColumns};

}  // namespace kompakt

KPT_TIER_END
#endif
