// gradient_f32_scalar: the reference: one lane, portable C++.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/region.h"
#include "native/kernels/gradient_f32/gradient_f32.h"
#include "native/simd/vec_scalar.h"

KPT_TIER_BEGIN_SCALAR
#include "native/kernels/gradient_f32/gradient_f32-inl.h"

namespace kompakt {

extern const GradientKernel gradient_f32_scalar;
const GradientKernel gradient_f32_scalar = {
    gradient_inl::UnaryGradient, gradient_inl::SoftmaxRow,       gradient_inl::SoftmaxColumns,
    gradient_inl::MaxPoolPixel,  gradient_inl::AveragePoolPixel, gradient_inl::MultiplyRows,
    gradient_inl::AddRow};

}  // namespace kompakt

KPT_TIER_END_SCALAR
