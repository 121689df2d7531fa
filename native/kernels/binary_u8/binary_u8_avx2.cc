// binary_u8_avx2: AVX2.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_X86_64
#include "native/cpu/region.h"
#include "native/kernels/binary_u8/binary_u8.h"
#include "native/simd/vec_avx2.h"

KPT_TIER_BEGIN_AVX2
#include "native/kernels/binary_u8/binary_u8-inl.h"

namespace kompakt {

extern const BinaryU8Kernel binary_u8_avx2;
const BinaryU8Kernel binary_u8_avx2 = {binary_u8_inl::Run<binary_u8_inl::OpAdd>,
                                       binary_u8_inl::Run<binary_u8_inl::OpMul>};

}  // namespace kompakt

KPT_TIER_END
#endif
