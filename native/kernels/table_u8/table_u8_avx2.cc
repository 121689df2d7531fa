// table_u8_avx2: 32 lookups at a time by byte shuffles. The table is 16 rows of 16 bytes. For row r, (x ^ 16
// r) + 0x70, saturated, is 0x70 + (x & 15) where the high half of x is r (the shuffle picks byte x & 15 of
// the row) and at least 0x80 elsewhere (the shuffle gives 0), so that the rows can be joined by OR.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_X86_64
#include <immintrin.h>

#include "native/cpu/region.h"
#include "native/kernels/table_u8/table_u8.h"

KPT_TIER_BEGIN_AVX2
namespace kompakt {
namespace {

constexpr int64_t kBytes = 32;
constexpr int kRows = 16;

static void Run(const uint8_t* table, const uint8_t* x, uint8_t* y, int64_t count) {
  __m256i rows[kRows];
  for (int r = 0; r < kRows; ++r)
    rows[r] = _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table + 16 * r)));
  int64_t i = 0;
  for (; i + kBytes <= count; i += kBytes) {
    const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x + i));
    __m256i all = _mm256_setzero_si256();
    for (int r = 0; r < kRows; ++r) {
      const __m256i high = _mm256_xor_si256(v, _mm256_set1_epi8(static_cast<char>(16 * r)));
      const __m256i index = _mm256_adds_epu8(high, _mm256_set1_epi8(0x70));
      all = _mm256_or_si256(all, _mm256_shuffle_epi8(rows[r], index));
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(y + i), all);
  }
  for (; i < count; ++i) y[i] = table[x[i]];
}

}  // namespace

extern const TableU8Kernel table_u8_avx2;
const TableU8Kernel table_u8_avx2 = {Run};

}  // namespace kompakt

KPT_TIER_END
#endif
