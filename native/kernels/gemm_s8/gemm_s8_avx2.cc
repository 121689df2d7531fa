// gemm_s8 on AVX2. Where the weights prove that vpmaddubsw cannot saturate: tiles of 4x16 and 8x8. Else bytes
// are widened to 16 bits and vpmaddwd is exact: tiles of 6x16 and 12x8, whose rows of A are widened into a
// buffer first, so that the loop over k has to widen B only. SPDX-License-Identifier: Apache-2.0
#include "native/kernels/gemm_s8/gemm_s8.h"

#if KPT_X86_64
#include "native/kernels/requantize/s8_avx2.h"

KPT_TIER_BEGIN_AVX2
#include "native/kernels/gemm_s8/gemm_s8_x86.inc"

namespace kompakt {
namespace {

struct S8Avx2Words : S8Avx2 {
  /// 12 accumulators, the widened B and a pair of A fit 16 registers.
  static constexpr int kMaxRows[kMaxVecs] = {12, 6};
};

/// k widened at a time: the buffer of a tile stays in the first cache level.
constexpr int kWideDepth = 256;

template <int kVecs, int kRows>
struct GemmS8Products<S8Avx2Words, kVecs, kRows, false> {
  using V = S8Avx2Words;
  using I = V::I;

  static KPT_ALWAYS_INLINE void Add(const GemmS8Block& g, const uint8_t* (&a)[kRows], const int8_t*,
                                    I (&acc)[kRows][kVecs]) {
    alignas(32) uint8_t wide[kRows][2 * kWideDepth];  // k as 16 bits each
    const int8_t* b = g.b;
    for (int t = 0; t < g.taps; ++t)
      for (int begin = 0; begin < g.tap_bytes; begin += kWideDepth) {
        const int left = g.tap_bytes - begin, depth = left < kWideDepth ? left : kWideDepth;
        const int64_t at = g.tap_offsets[t] + begin;
        for (int k = 0; k < depth; k += 16) {
          KPT_UNROLL
          for (int m = 0; m < kRows; ++m)
            V::Store(wide[m] + 2 * k, _mm256_cvtepu8_epi16(Load16(a[m] + at + k)));
        }
        const uint8_t* pairs = wide[0];
        for (int k = 0; k < depth; k += 2, pairs += 4, b += 2 * kVecs * V::kLanes) {
          I weights[kVecs];
          KPT_UNROLL
          for (int v = 0; v < kVecs; ++v) {
            weights[v] = _mm256_cvtepi8_epi16(Load16(b + 2 * V::kLanes * v));
            V::Pin(weights[v]);
          }
          KPT_UNROLL
          for (int m = 0; m < kRows; ++m) {
            const I pair = V::Splat4(pairs + m * static_cast<int>(sizeof(wide[0])));
            KPT_UNROLL
            for (int v = 0; v < kVecs; ++v)
              acc[m][v] = V::Add(acc[m][v], _mm256_madd_epi16(pair, weights[v]));
          }
        }
      }
  }

  static KPT_ALWAYS_INLINE __m128i Load16(const void* p) {
    return _mm_loadu_si128(static_cast<const __m128i*>(p));
  }
};

}  // namespace

void GemmS8Avx2Pairs(const GemmS8Block& block) { RunGemmS8<S8Avx2Pairs>(block); }
void GemmS8Avx2Words(const GemmS8Block& block) { RunGemmS8<S8Avx2Words>(block); }

}  // namespace kompakt
KPT_TIER_END
#endif
