// resize_scalar: the reference: one lane, portable C++.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/region.h"
#include "native/kernels/resize/resize.h"
#include "native/simd/vec_scalar.h"

KPT_TIER_BEGIN_SCALAR
#include "native/kernels/resize/resize-inl.h"

namespace kompakt {

extern const ResizeKernel resize_scalar;
const ResizeKernel resize_scalar = {resize_inl::Run<float>, resize_inl::Run<uint8_t>};

}  // namespace kompakt

KPT_TIER_END_SCALAR
