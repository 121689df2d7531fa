// byte_sums_avx2: AVX2: differences from zero, which vpsadbw adds up by eights.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_X86_64
#include <immintrin.h>

#include "native/base/check.h"
#include "native/cpu/region.h"
#include "native/kernels/byte_sums/byte_sums.h"

KPT_TIER_BEGIN_AVX2
namespace kompakt {
namespace {

constexpr int64_t kByteSumsStep = 32;

KPT_ALWAYS_INLINE __m256i SumsOfEight(const uint8_t* x, __m256i mask) {
  const __m256i values = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x));
  return _mm256_sad_epu8(_mm256_and_si256(values, mask), _mm256_setzero_si256());
}

void ByteSumsAvx2(const uint8_t* x, int64_t count, int64_t bytes, int64_t stride, uint32_t* sums) {
  uint8_t masks[2 * kByteSumsStep] = {};
  for (int i = 0; i < kByteSumsStep; ++i) masks[i] = 255;
  const int64_t whole = bytes / kByteSumsStep * kByteSumsStep;
  const __m256i all = _mm256_set1_epi8(-1);
  const __m256i last =
      _mm256_loadu_si256(reinterpret_cast<const __m256i*>(masks + kByteSumsStep - (bytes - whole)));
  for (int64_t i = 0; i < count; ++i, x += stride) {
    __m256i sum = SumsOfEight(x + whole, last);
    for (int64_t k = 0; k < whole; k += kByteSumsStep) sum = _mm256_add_epi64(sum, SumsOfEight(x + k, all));
    __m128i half = _mm_add_epi64(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    half = _mm_add_epi64(half, _mm_unpackhi_epi64(half, half));
    sums[i] = static_cast<uint32_t>(_mm_cvtsi128_si32(half));
  }
}

}  // namespace

extern const ByteSumsKernel byte_sums_avx2;
const ByteSumsKernel byte_sums_avx2 = {ByteSumsAvx2};

}  // namespace kompakt

KPT_TIER_END
#endif
