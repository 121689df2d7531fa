// resize_neon: Advanced SIMD.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_ARM64
#include "native/cpu/region.h"
#include "native/kernels/resize/resize.h"
#include "native/simd/vec_neon.h"

KPT_TIER_BEGIN_NEON
#include "native/kernels/resize/resize-inl.h"

namespace kompakt {

extern const ResizeKernel resize_neon;
const ResizeKernel resize_neon = {resize_inl::Run<float>, resize_inl::Run<uint8_t>};

}  // namespace kompakt

KPT_TIER_END_NEON
#endif
