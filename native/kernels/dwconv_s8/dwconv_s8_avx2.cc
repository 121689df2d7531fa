// dwconv_s8 on AVX2: vectors of 8 channels.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/dwconv_s8/dwconv_s8.h"

#if KPT_X86_64
#include "native/kernels/requantize/s8_avx2.h"

KPT_TIER_BEGIN_AVX2
#include "native/kernels/dwconv_s8/dwconv_s8_x86.inc"

namespace kompakt {
void DwConvS8Avx2Fill(const DwConvS8Fill& fill) { DwConvS8Quads<S8Avx2>::Fill(fill); }
void DwConvS8Avx2Run(const DwConvS8Row& row) {
  if (row.pairs_fit)
    DwConvS8Quads<S8Avx2Pairs>::Run(row);
  else
    DwConvS8Quads<S8Avx2>::Run(row);
}
}  // namespace kompakt
KPT_TIER_END
#endif
