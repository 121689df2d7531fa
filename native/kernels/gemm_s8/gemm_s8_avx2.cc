// gemm_s8 on AVX2: tiles of 4x16 and 8x8; exact always, twice as fast where the weights prove that vpmaddubsw
// cannot saturate. SPDX-License-Identifier: Apache-2.0
#include "native/kernels/gemm_s8/gemm_s8.h"

#if KPT_X86_64
#include "native/kernels/requantize/s8_avx2.h"

KPT_TIER_BEGIN_AVX2
#include "native/kernels/gemm_s8/gemm_s8_x86.inc"

namespace kompakt {
void GemmS8Avx2(const GemmS8Block& block) {
  if (block.pairs_fit)
    RunGemmS8<S8Avx2Pairs>(block);
  else
    RunGemmS8<S8Avx2>(block);
}
}  // namespace kompakt
KPT_TIER_END
#endif
