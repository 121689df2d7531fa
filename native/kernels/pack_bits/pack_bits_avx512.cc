// pack_bits_avx512: AVX-512: comparisons give masks, and masks are the bits.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_X86_64
#include <immintrin.h>

#include <cstring>

#include "native/base/check.h"
#include "native/cpu/region.h"
#include "native/kernels/pack_bits/pack_bits.h"

KPT_TIER_BEGIN_AVX512VNNI
namespace kompakt {
namespace {
namespace pack_bits_inl {

constexpr int kF32Step = 16, kU8Step = 64;

template <typename Word>
KPT_ALWAYS_INLINE void StoreFlipped(Word bits, const uint8_t* flip, uint8_t* y) {
  Word flips;
  std::memcpy(&flips, flip, sizeof flips);
  bits = static_cast<Word>(bits ^ flips);
  std::memcpy(y, &bits, sizeof bits);
}

KPT_ALWAYS_INLINE void PackF32(const float* x, const float* threshold, const uint8_t* flip, uint8_t* y) {
  const __mmask16 above = _mm512_cmp_ps_mask(_mm512_loadu_ps(x), _mm512_loadu_ps(threshold), _CMP_GE_OQ);
  StoreFlipped(static_cast<uint16_t>(above), flip, y);
}

KPT_ALWAYS_INLINE void PackU8(const uint8_t* x, const uint8_t* threshold, const uint8_t* flip, uint8_t* y) {
  const __mmask64 above = _mm512_cmpge_epu8_mask(_mm512_loadu_si512(x), _mm512_loadu_si512(threshold));
  StoreFlipped(static_cast<uint64_t>(above), flip, y);
}

}  // namespace pack_bits_inl
}  // namespace
}  // namespace kompakt
#include "native/kernels/pack_bits/pack_bits-inl.h"

namespace kompakt {

extern const PackBitsKernel pack_bits_avx512;
const PackBitsKernel pack_bits_avx512 = {pack_bits_inl::F32, pack_bits_inl::U8};

}  // namespace kompakt

KPT_TIER_END
#endif
