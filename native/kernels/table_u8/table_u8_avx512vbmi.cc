// table_u8_avx512vbmi: the table lies in four registers; each half of it is one permutation of 128 bytes, and
// the top bit of x chooses between them. SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_X86_64
#include "native/cpu/region.h"
#include "native/kernels/table_u8/table_u8.h"
#include "native/simd/vec_avx512.h"

KPT_TIER_BEGIN_AVX512VBMI
namespace kompakt {
namespace {

constexpr int64_t kBytes = 64;

static void Run(const uint8_t* table, const uint8_t* x, uint8_t* y, int64_t count) {
  const __m512i t0 = _mm512_loadu_si512(table), t1 = _mm512_loadu_si512(table + 64);
  const __m512i t2 = _mm512_loadu_si512(table + 128), t3 = _mm512_loadu_si512(table + 192);
  for (int64_t i = 0; i < count; i += kBytes) {
    const __mmask64 mask = count - i >= kBytes ? ~__mmask64{0} : (__mmask64{1} << (count - i)) - 1;
    const __m512i v = _mm512_maskz_loadu_epi8(mask, x + i);
    const __m512i low = _mm512_permutex2var_epi8(t0, v, t1), high = _mm512_permutex2var_epi8(t2, v, t3);
    _mm512_mask_storeu_epi8(y + i, mask, _mm512_mask_blend_epi8(_mm512_movepi8_mask(v), low, high));
  }
}

}  // namespace

extern const TableU8Kernel table_u8_avx512vbmi;
const TableU8Kernel table_u8_avx512vbmi = {Run};

}  // namespace kompakt

KPT_TIER_END
#endif
