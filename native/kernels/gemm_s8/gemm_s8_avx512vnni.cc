// gemm_s8 on AVX-512 VNNI: tiles of 6x64, 8x48, 12x32 and 12x16 (24 or fewer of 32 registers accumulate).
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/gemm_s8/gemm_s8.h"

#if KPT_X86_64
#include "native/kernels/requantize/s8_avx512vnni.h"

KPT_TIER_BEGIN_AVX512VNNI
#include "native/kernels/gemm_s8/gemm_s8_x86.inc"

namespace kompakt {
void GemmS8Avx512Vnni(const GemmS8Block& block) { RunGemmS8<S8Avx512Vnni>(block); }
}  // namespace kompakt
KPT_TIER_END
#endif
