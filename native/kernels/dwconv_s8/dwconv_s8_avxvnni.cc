// dwconv_s8 on AVX-VNNI: vectors of 8 channels.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/dwconv_s8/dwconv_s8.h"

#if KPT_X86_64
#include "native/kernels/requantize/s8_avxvnni.h"

KPT_TIER_BEGIN_AVXVNNI
#include "native/kernels/dwconv_s8/dwconv_s8_x86.inc"

namespace kompakt {
void DwConvS8AvxVnniFill(const DwConvS8Fill& fill) { DwConvS8Quads<S8AvxVnni>::Fill(fill); }
void DwConvS8AvxVnniRun(const DwConvS8Row& row) { DwConvS8Quads<S8AvxVnni>::Run(row); }
}  // namespace kompakt
KPT_TIER_END
#endif
