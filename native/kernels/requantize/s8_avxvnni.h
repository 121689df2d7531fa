// 8-bit vocabulary of the AVX-VNNI tier: AVX2's with a dot product instruction.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "native/kernels/requantize/s8_avx2.h"

KPT_TIER_BEGIN_AVXVNNI
namespace kompakt {

struct S8AvxVnni : S8Avx2 {
  /// 12 accumulators of 16 registers.
  static constexpr int kMaxRows[kMaxVecs] = {10, 6};
  static KPT_ALWAYS_INLINE I Dot(I acc, I a, I b) { return _mm256_dpbusd_avx_epi32(acc, a, b); }
};

}  // namespace kompakt
KPT_TIER_END
