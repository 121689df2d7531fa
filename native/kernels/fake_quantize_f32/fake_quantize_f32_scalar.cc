// fake_quantize_f32_scalar: the reference: one lane, portable C++.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/region.h"
#include "native/kernels/fake_quantize_f32/fake_quantize_f32.h"
#include "native/simd/vec_scalar.h"

KPT_TIER_BEGIN_SCALAR
#include "native/kernels/fake_quantize_f32/fake_quantize_f32-inl.h"

namespace kompakt {

extern const FakeQuantizeKernel fake_quantize_f32_scalar;
const FakeQuantizeKernel fake_quantize_f32_scalar = {fake_quantize_inl::Row, fake_quantize_inl::Each,
                                                     fake_quantize_inl::GradientRow,
                                                     fake_quantize_inl::GradientColumns};

}  // namespace kompakt

KPT_TIER_END_SCALAR
