// quantize_u8_avx2: AVX2.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_X86_64
#include "native/cpu/region.h"
#include "native/kernels/quantize_u8/quantize_u8.h"
#include "native/simd/vec_avx2.h"

KPT_TIER_BEGIN_AVX2
#include "native/kernels/quantize_u8/quantize_u8-inl.h"

namespace kompakt {

extern const QuantizeKernel quantize_u8_avx2;
const QuantizeKernel quantize_u8_avx2 = {quantize_inl::Quantize, quantize_inl::Dequantize,
                                         quantize_inl::Range};

}  // namespace kompakt

KPT_TIER_END
#endif
