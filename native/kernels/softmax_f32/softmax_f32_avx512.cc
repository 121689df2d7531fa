// softmax_f32_avx512: AVX-512.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_X86_64
#include "native/cpu/region.h"
#include "native/kernels/softmax_f32/softmax_f32.h"
#include "native/simd/vec_avx512.h"

KPT_TIER_BEGIN_AVX512VNNI
#include "native/kernels/softmax_f32/softmax_f32-inl.h"

namespace kompakt {

extern const SoftmaxKernel softmax_f32_avx512;
const SoftmaxKernel softmax_f32_avx512 = {softmax_inl::RunRows, softmax_inl::RunColumns};

}  // namespace kompakt

KPT_TIER_END
#endif
