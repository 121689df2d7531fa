// gradient_f32_avx2: AVX2.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_X86_64
#include "native/cpu/region.h"
#include "native/kernels/gradient_f32/gradient_f32.h"
#include "native/simd/vec_avx2.h"

KPT_TIER_BEGIN_AVX2
#include "native/kernels/gradient_f32/gradient_f32-inl.h"

namespace kompakt {

extern const GradientKernel gradient_f32_avx2;
const GradientKernel gradient_f32_avx2 = {
    gradient_inl::UnaryGradient, gradient_inl::SoftmaxRow,       gradient_inl::SoftmaxColumns,
    gradient_inl::MaxPoolPixel,  gradient_inl::AveragePoolPixel, gradient_inl::MultiplyRows,
    gradient_inl::AddRow};

}  // namespace kompakt

KPT_TIER_END
#endif
