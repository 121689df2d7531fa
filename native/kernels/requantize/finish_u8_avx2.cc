// finish_u8 on AVX2: 32 residual additions a step.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"

#if KPT_X86_64
#include "native/kernels/requantize/finish_u8.h"
#include "native/kernels/requantize/s8_avx2.h"

KPT_TIER_BEGIN_AVX2
namespace kompakt {
namespace {

struct AddVectors {
  __m256 y_factor, factor, low, high;
  __m256i y_zero, zero;
};

KPT_ALWAYS_INLINE __m256i AddEight(const uint8_t* y, const uint8_t* residual, const AddVectors& c) {
  const __m256i a = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(y)));
  const __m256i b = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(residual)));
  const __m256 left = _mm256_mul_ps(c.y_factor, _mm256_cvtepi32_ps(_mm256_sub_epi32(a, c.y_zero)));
  const __m256 right = _mm256_mul_ps(c.factor, _mm256_cvtepi32_ps(_mm256_sub_epi32(b, c.zero)));
  return _mm256_cvtps_epi32(_mm256_min_ps(_mm256_max_ps(_mm256_add_ps(left, right), c.low), c.high));
}

}  // namespace

void AddResidualU8Avx2(uint8_t* y, const uint8_t* residual, int64_t count, const ResidualAdd& add) {
  const S8Avx2::Bytes bytes(add.range);
  const AddVectors c = {_mm256_set1_ps(add.y_factor),
                        _mm256_set1_ps(add.factor),
                        _mm256_set1_ps(static_cast<float>(add.range.lo - add.range.zero)),
                        _mm256_set1_ps(static_cast<float>(add.range.hi - add.range.zero)),
                        _mm256_set1_epi32(add.y_zero),
                        _mm256_set1_epi32(add.zero)};
  int64_t i = 0;
  for (; i + 32 <= count; i += 32)
    S8Avx2::Store(
        y + i,
        bytes.Pack(AddEight(y + i, residual + i, c), AddEight(y + i + 8, residual + i + 8, c),
                   AddEight(y + i + 16, residual + i + 16, c), AddEight(y + i + 24, residual + i + 24, c)));
  AddResidualU8Reference(y + i, residual + i, count - i, add);
}

}  // namespace kompakt
KPT_TIER_END
#endif
