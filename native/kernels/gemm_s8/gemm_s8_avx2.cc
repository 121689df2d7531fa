// gemm_s8 on AVX2. Where the weights prove that vpmaddubsw cannot saturate: tiles of 4x16 and 8x8. Else A and
// B are widened to 16 bits and vpmaddwd is exact: tiles of 6x16 and 12x8. Callers widen A. B is widened once
// for many rows where it fits a buffer, else in the loop over k, as 2 of its 26 vector instructions.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/gemm_s8/gemm_s8.h"

#if KPT_X86_64
#include "native/kernels/requantize/s8_avx2.h"

KPT_TIER_BEGIN_AVX2
#include "native/kernels/gemm_s8/gemm_s8_x86.inc"

namespace kompakt {
namespace {

/// kWide: B is widened already.
template <bool kWide>
struct S8Avx2Words : S8Avx2 {
  using A = uint16_t;
  /// 12 accumulators, the widened B and a pair of A fit 16 registers.
  static constexpr int kMaxRows[kMaxVecs] = {12, 6};
  /// Bytes of a vector of B.
  static constexpr int kVecBytes = kWide ? 32 : 16;

  static KPT_ALWAYS_INLINE I Weights(const int8_t* b) {
    return kWide ? Load(b) : _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(b)));
  }
};

template <bool kWide, int kVecs, int kRows>
struct GemmS8Products<S8Avx2Words<kWide>, kVecs, kRows, false> {
  using V = S8Avx2Words<kWide>;
  using I = typename V::I;

  static KPT_ALWAYS_INLINE void Add(const GemmS8Block& g, const uint16_t* (&a)[kRows], const int8_t*,
                                    I (&acc)[kRows][kVecs]) {
    const int8_t* b = g.b;
    for (int t = 0; t < g.taps; ++t) {
      const int64_t begin = g.tap_offsets[t], end = begin + g.tap_bytes;
      for (int64_t k = begin; k < end; k += 2, b += kVecs * V::kVecBytes) {
        I weights[kVecs];
        KPT_UNROLL
        for (int v = 0; v < kVecs; ++v) {
          weights[v] = V::Weights(b + V::kVecBytes * v);
          V::Pin(weights[v]);
        }
        KPT_UNROLL
        for (int m = 0; m < kRows; ++m) {
          const I pair = V::Splat4(reinterpret_cast<const uint8_t*>(a[m] + k));
          KPT_UNROLL
          for (int v = 0; v < kVecs; ++v) acc[m][v] = V::Add(acc[m][v], _mm256_madd_epi16(pair, weights[v]));
        }
      }
    }
  }
};

/// Bytes of a panel that are widened at most: its words stay in the first cache levels.
constexpr int64_t kMostWidened = 16 * 1024;
/// Rows that pay for it.
constexpr int64_t kManyRows = 18;

}  // namespace

void GemmS8WidenAvx2(const uint8_t* bytes, int64_t count, uint16_t* words) {
  int64_t i = 0;
  for (; i + 16 <= count; i += 16)
    S8Avx2::Store(words + i,
                  _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + i))));
  for (; i < count; ++i) words[i] = bytes[i];
}

void GemmS8Avx2Pairs(const GemmS8Block& block) { RunGemmS8<S8Avx2Pairs>(block); }

void GemmS8Avx2Words(const GemmS8Block& block) {
  const int width = block.columns > S8Avx2::kLanes ? 2 * S8Avx2::kLanes : S8Avx2::kLanes;
  const int64_t bytes = int64_t{block.taps} * ((block.tap_bytes + 1) / 2 * 2) * width;
  if (block.rows < kManyRows || bytes > kMostWidened) return RunGemmS8<S8Avx2Words<false>>(block);
  alignas(32) int8_t wide[2 * kMostWidened];
  for (int64_t i = 0; i < bytes; i += 16)
    S8Avx2::Store(wide + 2 * i, S8Avx2Words<false>::Weights(block.b + i));
  GemmS8Block widened = block;
  widened.b = wide;
  RunGemmS8<S8Avx2Words<true>>(widened);
}

}  // namespace kompakt
KPT_TIER_END
#endif
