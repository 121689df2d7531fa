// finish_u8 on AVX-512: 64 residual additions a step. Bytes become words that keep to their 128-bit lanes; a
// word in the upper half of a lane of 32 bits is its value times 65536, which the factor takes back exactly.
// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "native/cpu/tier.h"

#if KPT_X86_64
#include "native/kernels/requantize/finish_u8.h"
#include "native/kernels/requantize/s8_avx512vnni.h"

KPT_TIER_BEGIN_AVX512VNNI
namespace kompakt {
namespace {

/// Keeps sums within int32, and products of scaled words normal.
KPT_ALWAYS_INLINE bool Suits(float factor) { return std::fabs(factor) > 1e-20f && std::fabs(factor) < 1e6f; }

/// 64 bytes minus zero, times factor, in the order of unpacked lanes.
struct Products {
  __m512 v[4];
  KPT_ALWAYS_INLINE Products(__m512i bytes, __m512i zero, __m512 factor) {
    const __m512i none = _mm512_setzero_si512();
    const __m512i low = _mm512_sub_epi16(_mm512_unpacklo_epi8(bytes, none), zero);
    const __m512i high = _mm512_sub_epi16(_mm512_unpackhi_epi8(bytes, none), zero);
    v[0] = _mm512_mul_ps(factor, _mm512_cvtepi32_ps(_mm512_unpacklo_epi16(none, low)));
    v[1] = _mm512_mul_ps(factor, _mm512_cvtepi32_ps(_mm512_unpackhi_epi16(none, low)));
    v[2] = _mm512_mul_ps(factor, _mm512_cvtepi32_ps(_mm512_unpacklo_epi16(none, high)));
    v[3] = _mm512_mul_ps(factor, _mm512_cvtepi32_ps(_mm512_unpackhi_epi16(none, high)));
  }
};

}  // namespace

void AddResidualU8Avx512(uint8_t* y, const uint8_t* residual, int64_t count, const ResidualAdd& add) {
  if (!Suits(add.y_factor) || !Suits(add.factor)) return AddResidualU8Reference(y, residual, count, add);
  const S8Avx512Vnni::Bytes bytes(add.range);
  const __m512 y_factor = _mm512_set1_ps(add.y_factor / 65536), factor = _mm512_set1_ps(add.factor / 65536);
  const __m512i y_zero = _mm512_set1_epi16(static_cast<int16_t>(add.y_zero));
  const __m512i zero = _mm512_set1_epi16(static_cast<int16_t>(add.zero));
  for (int64_t i = 0; i < count; i += 64) {
    const __mmask64 mask = count - i >= 64 ? ~__mmask64{0} : (__mmask64{1} << (count - i)) - 1;
    const Products left(_mm512_maskz_loadu_epi8(mask, y + i), y_zero, y_factor);
    const Products right(_mm512_maskz_loadu_epi8(mask, residual + i), zero, factor);
    __m512i sums[4];
    for (int v = 0; v < 4; ++v) sums[v] = _mm512_cvtps_epi32(_mm512_add_ps(left.v[v], right.v[v]));
    _mm512_mask_storeu_epi8(y + i, mask, bytes.PackLanes(sums[0], sums[1], sums[2], sums[3]));
  }
}

}  // namespace kompakt
KPT_TIER_END
#endif
