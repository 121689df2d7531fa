// binary_u8_scalar: the reference: one lane, portable C++.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/region.h"
#include "native/kernels/binary_u8/binary_u8.h"
#include "native/simd/vec_scalar.h"

KPT_TIER_BEGIN_SCALAR
#include "native/kernels/binary_u8/binary_u8-inl.h"

namespace kompakt {

extern const BinaryU8Kernel binary_u8_scalar;
const BinaryU8Kernel binary_u8_scalar = {binary_u8_inl::Run<binary_u8_inl::OpAdd>,
                                         binary_u8_inl::Run<binary_u8_inl::OpMul>};

}  // namespace kompakt

KPT_TIER_END_SCALAR
