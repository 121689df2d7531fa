// SPDX-License-Identifier: Apache-2.0
#include "native/base/digest.h"

#include "native/cpu/region.h"
#include "native/cpu/tier.h"

#if KPT_X86_64
#include <immintrin.h>
#endif

namespace kompakt {
namespace {

constexpr int kLanes = 8;
constexpr uint64_t kStep = 0x9e3779b97f4a7c15u;  // added to the keys from block to block

/// Any numbers that differ.
constexpr uint64_t kKeys[kLanes] = {0xa0761d6478bd642fu, 0xe7037ed1a0b428dbu, 0x8ebc6af09c88c6e3u,
                                    0x589965cc75374cc3u, 0x1d8e4e27c47d124fu, 0xeb44accab455d165u,
                                    0x2f90404f4bdb6a83u, 0x9c5f3d1170a84e27u};

/// `moved`: what has been added to the keys.
void MixPortable(const uint8_t* bytes, size_t blocks, uint64_t moved, uint64_t* sums) {
  for (size_t b = 0; b < blocks; ++b, bytes += 8 * kLanes, moved += kStep) {
    uint64_t words[kLanes];
    std::memcpy(words, bytes, sizeof words);
    for (int i = 0; i < kLanes; ++i) {
      const uint64_t mixed = words[i] ^ (kKeys[i] + moved);
      sums[i] += (mixed & 0xffffffffu) * (mixed >> 32) + words[i ^ 1];
    }
  }
}

#if KPT_X86_64
KPT_TIER_BEGIN_AVX2

void MixAvx2(const uint8_t* bytes, size_t blocks, uint64_t first, uint64_t* to) {
  constexpr int kVectors = kLanes / 4;
  __m256i sums[kVectors], keys[kVectors], moved = _mm256_set1_epi64x(static_cast<int64_t>(first));
  const __m256i step = _mm256_set1_epi64x(static_cast<int64_t>(kStep));
  for (int i = 0; i < kVectors; ++i) {
    sums[i] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(to + 4 * i));
    keys[i] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kKeys + 4 * i));
  }
  for (size_t b = 0; b < blocks; ++b, bytes += 8 * kLanes) {
    for (int i = 0; i < kVectors; ++i) {
      const __m256i words = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes + 32 * i));
      const __m256i mixed = _mm256_xor_si256(words, _mm256_add_epi64(keys[i], moved));
      const __m256i product = _mm256_mul_epu32(mixed, _mm256_srli_epi64(mixed, 32));
      const __m256i neighbours = _mm256_shuffle_epi32(words, 0x4e);
      sums[i] = _mm256_add_epi64(sums[i], _mm256_add_epi64(product, neighbours));
    }
    moved = _mm256_add_epi64(moved, step);
  }
  for (int i = 0; i < kVectors; ++i) _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + 4 * i), sums[i]);
}

KPT_TIER_END
#endif

}  // namespace

void Digester::Mix(const uint8_t* bytes, size_t blocks) {
#if KPT_X86_64
  if (HasTier(kAvx2))
    MixAvx2(bytes, blocks, moved_, sums_);
  else
#endif
    MixPortable(bytes, blocks, moved_, sums_);
  moved_ += blocks * kStep;
}

}  // namespace kompakt
