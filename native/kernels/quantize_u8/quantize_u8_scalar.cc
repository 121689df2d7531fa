// quantize_u8_scalar: the reference: one lane, portable C++.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/region.h"
#include "native/kernels/quantize_u8/quantize_u8.h"
#include "native/simd/vec_scalar.h"

KPT_TIER_BEGIN_SCALAR
#include "native/kernels/quantize_u8/quantize_u8-inl.h"

namespace kompakt {

extern const QuantizeKernel quantize_u8_scalar;
const QuantizeKernel quantize_u8_scalar = {quantize_inl::Quantize, quantize_inl::Dequantize,
                                           quantize_inl::Range};

}  // namespace kompakt

KPT_TIER_END_SCALAR
