// Enough independent accumulators to fill the pipeline, few enough to stay in registers.
// SPDX-License-Identifier: Apache-2.0
#include "bench/native/dot_peak.h"

#include <algorithm>
#include <chrono>

#include "native/cpu/tier.h"
#if KPT_X86_64
#include "native/kernels/requantize/s8_avx512vnni.h"
#include "native/kernels/requantize/s8_avxvnni.h"
#elif KPT_ARM64
#include <arm_neon.h>

#include "native/base/check.h"
#include "native/cpu/region.h"
#endif

namespace kompakt {
namespace {

constexpr int kSteps = 20000;
using Spin = void (*)();

double BestSeconds(Spin spin) {
  double best = 1e30;
  for (int round = 0; round < 200; ++round) {
    const auto start = std::chrono::steady_clock::now();
    spin();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

/// `macs` of one accumulator's step.
DotPeak Measure(const char* instructions, Spin spin, int accumulators, int macs) {
  return {instructions, 2.0 * kSteps * accumulators * macs / BestSeconds(spin) * 1e-9};
}

}  // namespace

/// A function kName that runs kSteps of `step` on kCount accumulators, pinned to registers with the factors:
/// no product may be computed once for all.
#define KPT_SPIN(kName, Vector, kCount, zero, pin, step) \
  static void kName() {                                  \
    Vector acc[kCount];                                  \
    Vector a = zero, b = zero;                           \
    KPT_UNROLL                                           \
    for (int j = 0; j < kCount; ++j) acc[j] = zero;      \
    for (int i = 0; i < kSteps; ++i) {                   \
      KPT_UNROLL                                         \
      for (int j = 0; j < kCount; ++j) {                 \
        acc[j] = step(acc[j], a, b);                     \
        asm volatile("" : pin(acc[j]), pin(a), pin(b));  \
      }                                                  \
    }                                                    \
  }

#if KPT_X86_64
KPT_TIER_BEGIN_AVX512VNNI
KPT_SPIN(SpinAvx512, __m512i, 24, _mm512_setzero_si512(), "+v", S8Avx512Vnni::Dot)
KPT_TIER_END
KPT_TIER_BEGIN_AVXVNNI
KPT_SPIN(SpinAvxVnni, __m256i, 12, _mm256_setzero_si256(), "+x", S8AvxVnni::Dot)
KPT_TIER_END
KPT_TIER_BEGIN_AVX2
static KPT_ALWAYS_INLINE __m256i Words(__m256i acc, __m256i a, __m256i b) {
  return _mm256_add_epi32(acc, _mm256_madd_epi16(a, b));
}
KPT_SPIN(SpinAvx2, __m256i, 12, _mm256_setzero_si256(), "+x", Words)
KPT_SPIN(SpinAvx2Pairs, __m256i, 12, _mm256_setzero_si256(), "+x", S8Avx2Pairs::Dot)
KPT_TIER_END

DotPeak MeasureDotPeak(bool pairs) {
  if (HasTier(kAvx512Vnni)) return Measure("vpdpbusd zmm", SpinAvx512, 24, 64);
  if (HasTier(kAvxVnni)) return Measure("vpdpbusd ymm", SpinAvxVnni, 12, 32);
  if (!HasTier(kAvx2)) return {"none", 0};
  if (pairs) return Measure("vpmaddubsw, vpmaddwd, vpaddd ymm", SpinAvx2Pairs, 12, 32);
  return Measure("vpmaddwd, vpaddd ymm", SpinAvx2, 12, 16);
}

#elif KPT_ARM64
static KPT_ALWAYS_INLINE int32x4_t Widening(int32x4_t acc, int32x4_t a, int32x4_t b) {
  const int8x16_t x = vreinterpretq_s8_s32(a), y = vreinterpretq_s8_s32(b);
  return vpadalq_s16(acc, vmlal_high_s8(vmull_s8(vget_low_s8(x), vget_low_s8(y)), x, y));
}
KPT_SPIN(SpinNeon, int32x4_t, 12, vdupq_n_s32(0), "+w", Widening)
KPT_TIER_BEGIN_DOTPROD
static KPT_ALWAYS_INLINE int32x4_t Dot(int32x4_t acc, int32x4_t a, int32x4_t b) {
  return vdotq_s32(acc, vreinterpretq_s8_s32(a), vreinterpretq_s8_s32(b));
}
KPT_SPIN(SpinDotprod, int32x4_t, 16, vdupq_n_s32(0), "+w", Dot)
KPT_TIER_END

DotPeak MeasureDotPeak(bool) {
  if (HasTier(kNeonDotprod)) return Measure("sdot", SpinDotprod, 16, 16);
  return Measure("smull, smlal2, sadalp", SpinNeon, 12, 16);
}

#else
DotPeak MeasureDotPeak(bool) { return {"none", 0}; }
#endif

}  // namespace kompakt
