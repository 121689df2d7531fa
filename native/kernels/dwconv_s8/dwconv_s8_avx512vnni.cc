// dwconv_s8 on AVX-512 VNNI: vectors of 16 channels.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/dwconv_s8/dwconv_s8.h"

#if KPT_X86_64
#include "native/kernels/requantize/s8_avx512vnni.h"

KPT_TIER_BEGIN_AVX512VNNI
#include "native/kernels/dwconv_s8/dwconv_s8_x86.inc"

namespace kompakt {
void DwConvS8Avx512VnniFill(const DwConvS8Fill& fill) { DwConvS8Quads<S8Avx512Vnni>::Fill(fill); }
void DwConvS8Avx512VnniRun(const DwConvS8Row& row) { DwConvS8Quads<S8Avx512Vnni>::Run(row); }
}  // namespace kompakt
KPT_TIER_END
#endif
