// binary_f32_avx512: AVX-512.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_X86_64
#include "native/cpu/region.h"
#include "native/kernels/binary_f32/binary_f32.h"
#include "native/simd/vec_avx512.h"

KPT_TIER_BEGIN_AVX512VNNI
#include "native/kernels/binary_f32/binary_f32-inl.h"

namespace kompakt {

void binary_f32_avx512(BinaryKind kind, const float* a, int a_step, const float* b, int b_step, float* y,
                       int64_t count) {
  binary_inl::Run(kind, a, a_step, b, b_step, y, count);
}

}  // namespace kompakt

KPT_TIER_END
#endif
