// gemm_b1 on AVX2: bits are counted by a table of nibbles (vpshufb) and added as bytes; 31 steps of at most 8
// fit a byte, then the four bytes of a lane are added to its 32-bit count. SPDX-License-Identifier:
// Apache-2.0
#include "native/kernels/gemm_b1/gemm_b1.h"

#if KPT_X86_64
#include <immintrin.h>

#include "native/base/check.h"
#include "native/cpu/region.h"

KPT_TIER_BEGIN_AVX2
#include "native/kernels/gemm_b1/gemm_b1_x86.inc"

namespace kompakt {
namespace {

struct B1Avx2 {
  using I = __m256i;
  static constexpr int kLanes = 8;
  static constexpr int kMaxRows[] = {4, 4};

  template <int kRows, int kVecs>
  struct Counts {
    static constexpr int kMostBytes = 31 * 4;
    I bytes[kRows][kVecs], words[kRows][kVecs];
    int left = kMostBytes;  // of k before the bytes may overflow

    KPT_ALWAYS_INLINE Counts() {
      KPT_UNROLL
      for (int m = 0; m < kRows; ++m) {
        KPT_UNROLL
        for (int v = 0; v < kVecs; ++v) bytes[m][v] = words[m][v] = _mm256_setzero_si256();
      }
    }

    KPT_ALWAYS_INLINE void Flush() {
      const I ones8 = _mm256_set1_epi8(1), ones16 = _mm256_set1_epi16(1);
      KPT_UNROLL
      for (int m = 0; m < kRows; ++m) {
        KPT_UNROLL
        for (int v = 0; v < kVecs; ++v) {
          const I pairs = _mm256_maddubs_epi16(bytes[m][v], ones8);
          words[m][v] = _mm256_add_epi32(words[m][v], _mm256_madd_epi16(pairs, ones16));
          bytes[m][v] = _mm256_setzero_si256();
        }
      }
      left = kMostBytes;
    }

    KPT_ALWAYS_INLINE const uint8_t* Add(const uint8_t* const (&a)[kRows], int64_t k, int tap_bytes,
                                         const uint8_t* b) {
      const I low = _mm256_set1_epi8(15);
      const I table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3,
                                       1, 2, 2, 3, 2, 3, 3, 4);
      for (const int64_t end = k + tap_bytes; k < end;) {
        const int64_t stop = end - k < left ? end : k + left;
        left -= static_cast<int>(stop - k);
        for (; k < stop; k += 4, b += 4 * kLanes * kVecs) {
          KPT_UNROLL
          for (int m = 0; m < kRows; ++m) {
            int32_t word;
            std::memcpy(&word, a[m] + k, sizeof word);
            const I run = _mm256_set1_epi32(word);
            KPT_UNROLL
            for (int v = 0; v < kVecs; ++v) {
              const I w = _mm256_loadu_si256(reinterpret_cast<const I*>(b + 4 * kLanes * v));
              const I x = _mm256_xor_si256(run, w);
              const I lows = _mm256_shuffle_epi8(table, _mm256_and_si256(x, low));
              const I highs = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi32(x, 4), low));
              bytes[m][v] = _mm256_add_epi8(_mm256_add_epi8(bytes[m][v], lows), highs);
            }
          }
        }
        if (left == 0) Flush();
      }
      return b;
    }

    KPT_ALWAYS_INLINE void Total(I (&pop)[kRows][kVecs]) {
      Flush();
      KPT_UNROLL
      for (int m = 0; m < kRows; ++m) {
        KPT_UNROLL
        for (int v = 0; v < kVecs; ++v) pop[m][v] = words[m][v];
      }
    }
  };

  static KPT_ALWAYS_INLINE uint32_t AtMost(I pop, const int32_t* limits) {
    const I above = _mm256_cmpgt_epi32(pop, _mm256_loadu_si256(reinterpret_cast<const I*>(limits)));
    return static_cast<uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(above))) ^ 0xffu;
  }
  static KPT_ALWAYS_INLINE I Sum(I pop, const int32_t* offsets) {
    return _mm256_sub_epi32(_mm256_loadu_si256(reinterpret_cast<const I*>(offsets)),
                            _mm256_slli_epi32(pop, 1));
  }
  static KPT_ALWAYS_INLINE void StoreSum(int32_t* y, I sum, int count) {
    if (count >= kLanes) return _mm256_storeu_si256(reinterpret_cast<I*>(y), sum);
    const I lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    _mm256_maskstore_epi32(y, _mm256_cmpgt_epi32(_mm256_set1_epi32(count), lanes), sum);
  }
};

}  // namespace

void GemmB1Avx2(const GemmB1Block& block) {
  if (block.columns <= B1Avx2::kLanes)
    GemmB1Tile<B1Avx2, 1>::RunAll(block);
  else
    GemmB1Tile<B1Avx2, 2>::RunAll(block);
}

}  // namespace kompakt
KPT_TIER_END
#endif
