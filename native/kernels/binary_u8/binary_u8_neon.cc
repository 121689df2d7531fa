// binary_u8_neon: Advanced SIMD.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_ARM64
#include "native/cpu/region.h"
#include "native/kernels/binary_u8/binary_u8.h"
#include "native/simd/vec_neon.h"

KPT_TIER_BEGIN_NEON
#include "native/kernels/binary_u8/binary_u8-inl.h"

namespace kompakt {

extern const BinaryU8Kernel binary_u8_neon;
const BinaryU8Kernel binary_u8_neon = {binary_u8_inl::Run<binary_u8_inl::OpAdd>,
                                       binary_u8_inl::Run<binary_u8_inl::OpMul>};

}  // namespace kompakt

KPT_TIER_END_NEON
#endif
