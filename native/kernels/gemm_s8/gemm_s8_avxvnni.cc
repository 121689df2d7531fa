// gemm_s8 on AVX-VNNI: tiles of 6x16 and 10x8.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/gemm_s8/gemm_s8.h"

#if KPT_X86_64
#include "native/kernels/requantize/s8_avxvnni.h"

KPT_TIER_BEGIN_AVXVNNI
#include "native/kernels/gemm_s8/gemm_s8_x86.inc"

namespace kompakt {
void GemmS8AvxVnni(const GemmS8Block& block) { RunGemmS8<S8AvxVnni>(block); }
}  // namespace kompakt
KPT_TIER_END
#endif
