// pack_bits_avx2: AVX2: the sign bits of comparisons, gathered by vmovmskps and vpmovmskb.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_X86_64
#include <immintrin.h>

#include <cstring>

#include "native/base/check.h"
#include "native/cpu/region.h"
#include "native/kernels/pack_bits/pack_bits.h"

KPT_TIER_BEGIN_AVX2
namespace kompakt {
namespace {
namespace pack_bits_inl {

constexpr int kF32Step = 32, kU8Step = 32;

KPT_ALWAYS_INLINE void StoreFlipped(uint32_t bits, const uint8_t* flip, uint8_t* y) {
  uint32_t flips;
  std::memcpy(&flips, flip, sizeof flips);
  bits ^= flips;
  std::memcpy(y, &bits, sizeof bits);
}

KPT_ALWAYS_INLINE void PackF32(const float* x, const float* threshold, const uint8_t* flip, uint8_t* y) {
  uint32_t bits = 0;
  for (int i = 0; i < kF32Step; i += 8) {
    const __m256 above = _mm256_cmp_ps(_mm256_loadu_ps(x + i), _mm256_loadu_ps(threshold + i), _CMP_GE_OQ);
    bits |= static_cast<uint32_t>(_mm256_movemask_ps(above)) << i;
  }
  StoreFlipped(bits, flip, y);
}

KPT_ALWAYS_INLINE void PackU8(const uint8_t* x, const uint8_t* threshold, const uint8_t* flip, uint8_t* y) {
  const __m256i values = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x));
  const __m256i least = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(threshold));
  const __m256i above = _mm256_cmpeq_epi8(_mm256_max_epu8(values, least), values);
  StoreFlipped(static_cast<uint32_t>(_mm256_movemask_epi8(above)), flip, y);
}

}  // namespace pack_bits_inl
}  // namespace
}  // namespace kompakt
#include "native/kernels/pack_bits/pack_bits-inl.h"

namespace kompakt {

extern const PackBitsKernel pack_bits_avx2;
const PackBitsKernel pack_bits_avx2 = {pack_bits_inl::F32, pack_bits_inl::U8};

}  // namespace kompakt

KPT_TIER_END
#endif
