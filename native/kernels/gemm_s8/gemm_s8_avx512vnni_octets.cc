// gemm_s8 on AVX-512 VNNI for panels whose last 16 columns are half empty: vectors hold 8 columns by 8 k, so
// that 24 columns take three of them and not four. Tiles of 8x24, 12x16 and 12x8. SPDX-License-Identifier:
// Apache-2.0
#include "native/kernels/gemm_s8/gemm_s8.h"

#if KPT_X86_64
#include "native/kernels/requantize/s8_avx512vnni.h"

KPT_TIER_BEGIN_AVX512VNNI
#include "native/kernels/gemm_s8/gemm_s8_x86.inc"

namespace kompakt {
namespace {

/// Lanes 2j and 2j + 1 of unit u sum up the products of column 8u + j: those of four k, and of the next four.
template <int kUnits>
struct GemmS8Octets {
  using V = S8Avx512Vnni;
  using I = V::I;
  static constexpr int kVecs = (kUnits + 1) / 2, kUnitBytes = 64;
  static constexpr int kMaxRows = kUnits == 3 ? 8 : 12;

  template <int kRows, bool>
  static KPT_ALWAYS_INLINE void Sum(const GemmS8Block& g, const uint8_t* (&a)[kRows], const int32_t* row_bias,
                                    const int8_t*, I (&acc)[kRows][kVecs]) {
    I halves[kRows][kUnits];
    KPT_UNROLL
    for (int m = 0; m < kRows; ++m) {
      KPT_UNROLL
      for (int u = 0; u < kUnits; ++u)
        halves[m][u] =
            _mm512_cvtepu32_epi64(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(g.bias + 8 * u)));
    }
    const int8_t* b = g.b;
    for (int t = 0; t < g.taps; ++t) {
      const int64_t begin = g.tap_offsets[t], end = begin + g.tap_bytes;
      for (int64_t k = begin; k < end; k += 8, b += kUnits * kUnitBytes) {
        I weights[kUnits];
        KPT_UNROLL
        for (int u = 0; u < kUnits; ++u) {
          weights[u] = V::Load(b + u * kUnitBytes);
          if (kRows > 1) V::Pin(weights[u]);
        }
        KPT_UNROLL
        for (int m = 0; m < kRows; ++m) {
          const I octet = Splat8(a[m] + k);
          KPT_UNROLL
          for (int u = 0; u < kUnits; ++u) halves[m][u] = V::Dot(halves[m][u], octet, weights[u]);
        }
      }
    }
    KPT_UNROLL
    for (int m = 0; m < kRows; ++m) {
      KPT_UNROLL
      for (int u = 0; u < kUnits; ++u) V::Pin(halves[m][u]);
      KPT_UNROLL
      for (int v = 0; v < kVecs; ++v)
        acc[m][v] = AddHalves(halves[m][2 * v], halves[m][2 * v + 1 < kUnits ? 2 * v + 1 : 2 * v]);
    }
    if (__builtin_expect(row_bias != nullptr, 0)) {
      KPT_UNROLL
      for (int m = 0; m < kRows; ++m) {
        KPT_UNROLL
        for (int v = 0; v < kVecs; ++v) acc[m][v] = V::Add(acc[m][v], V::Splat(row_bias[m]));
      }
    }
  }

  static KPT_ALWAYS_INLINE I Splat8(const uint8_t* p) {
    int64_t octet;
    __builtin_memcpy(&octet, p, 8);
    return _mm512_set1_epi64(octet);
  }

  /// The 8 columns of `first`, then those of `second`.
  static KPT_ALWAYS_INLINE I AddHalves(I first, I second) {
    const I even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const I odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    return V::Add(_mm512_permutex2var_epi32(first, even, second),
                  _mm512_permutex2var_epi32(first, odd, second));
  }
};

template <int kUnits>
void RunOctets(const GemmS8Block& g) {
  using Octets = GemmS8Octets<kUnits>;
  GemmS8Tile<S8Avx512Vnni, Octets::kVecs, Octets>::RunAll(g);
}

}  // namespace

void GemmS8Avx512VnniOctets(const GemmS8Block& g) {
  switch ((g.columns + 7) / 8) {
    case 1:
      return RunOctets<1>(g);
    case 2:
      return RunOctets<2>(g);
    default:
      return RunOctets<3>(g);
  }
}

}  // namespace kompakt
KPT_TIER_END
#endif
