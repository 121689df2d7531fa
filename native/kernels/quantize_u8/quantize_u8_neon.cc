// quantize_u8_neon: Advanced SIMD.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_ARM64
#include "native/cpu/region.h"
#include "native/kernels/quantize_u8/quantize_u8.h"
#include "native/simd/vec_neon.h"

KPT_TIER_BEGIN_NEON
#include "native/kernels/quantize_u8/quantize_u8-inl.h"

namespace kompakt {

extern const QuantizeKernel quantize_u8_neon;
const QuantizeKernel quantize_u8_neon = {quantize_inl::Quantize, quantize_inl::Dequantize,
                                         quantize_inl::Range};

}  // namespace kompakt

KPT_TIER_END_NEON
#endif
