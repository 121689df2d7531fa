// quantize_u8_avx512: AVX-512.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_X86_64
#include "native/cpu/region.h"
#include "native/kernels/quantize_u8/quantize_u8.h"
#include "native/simd/vec_avx512.h"

KPT_TIER_BEGIN_AVX512VNNI
#include "native/kernels/quantize_u8/quantize_u8-inl.h"

namespace kompakt {

extern const QuantizeKernel quantize_u8_avx512;
const QuantizeKernel quantize_u8_avx512 = {quantize_inl::Quantize, quantize_inl::Dequantize,
                                           quantize_inl::Range};

}  // namespace kompakt

KPT_TIER_END
#endif
