// table_u8_avx512: 64 lookups at a time by byte shuffles. The table is 16 rows of 16 bytes. For row r, (x ^
// 16 r) + 0x70, saturated, is 0x70 + (x & 15) where the high half of x is r (the shuffle picks byte x & 15 of
// the row) and at least 0x80 elsewhere (the shuffle gives 0), so that the rows can be joined by OR.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_X86_64

#include "native/cpu/region.h"
#include "native/kernels/table_u8/table_u8.h"
#include "native/simd/vec_avx512.h"

KPT_TIER_BEGIN_AVX512VNNI
namespace kompakt {
namespace {

constexpr int64_t kBytes = 64;
constexpr int kRows = 16;

static void Run(const uint8_t* table, const uint8_t* x, uint8_t* y, int64_t count) {
  __m512i rows[kRows];
  for (int r = 0; r < kRows; ++r)
    rows[r] = _mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table + 16 * r)));
  int64_t i = 0;
  for (; i + kBytes <= count; i += kBytes) {
    const __m512i v = _mm512_loadu_si512(x + i);
    __m512i all = _mm512_setzero_si512();
    for (int r = 0; r < kRows; ++r) {
      const __m512i high = _mm512_xor_si512(v, _mm512_set1_epi8(static_cast<char>(16 * r)));
      const __m512i index = _mm512_adds_epu8(high, _mm512_set1_epi8(0x70));
      all = _mm512_or_si512(all, _mm512_shuffle_epi8(rows[r], index));
    }
    _mm512_storeu_si512(y + i, all);
  }
  for (; i < count; ++i) y[i] = table[x[i]];
}

}  // namespace

extern const TableU8Kernel table_u8_avx512;
const TableU8Kernel table_u8_avx512 = {Run};

}  // namespace kompakt

KPT_TIER_END
#endif
