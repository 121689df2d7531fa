// layer_norm_f32_scalar: the reference: one lane, portable C++.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/region.h"
#include "native/kernels/layer_norm_f32/layer_norm_f32.h"
#include "native/simd/vec_scalar.h"

KPT_TIER_BEGIN_SCALAR
#include "native/kernels/layer_norm_f32/layer_norm_f32-inl.h"

namespace kompakt {

extern const LayerNormKernel layer_norm_f32_scalar;
const LayerNormKernel layer_norm_f32_scalar = {layer_norm_inl::RunRow};

}  // namespace kompakt

KPT_TIER_END_SCALAR
