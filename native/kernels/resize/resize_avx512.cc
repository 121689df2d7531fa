// resize_avx512: AVX-512.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_X86_64
#include "native/cpu/region.h"
#include "native/kernels/resize/resize.h"
#include "native/simd/vec_avx512.h"

KPT_TIER_BEGIN_AVX512VNNI
#include "native/kernels/resize/resize-inl.h"

namespace kompakt {

extern const ResizeKernel resize_avx512;
const ResizeKernel resize_avx512 = {resize_inl::Run<float>, resize_inl::Run<uint8_t>};

}  // namespace kompakt

KPT_TIER_END
#endif
