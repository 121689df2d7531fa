// gemm_s8 on Armv8.2 dot product (Cortex-A76): SDOT by lane. Tiles of 4x16, 4x12, 8x8 and 8x4; a 16-byte run
// of A serves four groups of 4 k, so 16 accumulators take 64 SDOT per 16 k with 4 + 16 loads.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/gemm_s8/gemm_s8.h"

#if KPT_ARM64
#include "native/cpu/region.h"
#include "native/kernels/requantize/s8_neon.h"

KPT_TIER_BEGIN_DOTPROD
#include "native/kernels/gemm_s8/gemm_s8_neon.inc"

namespace kompakt {
namespace {

struct DotprodProduct {
  /// SDOT with lane kLane of each row's 16 bytes.
  template <int kLane, int kRows, int kVecs>
  static KPT_ALWAYS_INLINE const int8_t* Group(const int8x16_t (&a)[kRows], const int8_t* b,
                                               int32x4_t (&acc)[kRows][kVecs]) {
    for (int v = 0; v < kVecs; ++v) {
      const int8x16_t weights = vld1q_s8(b + 16 * v);
      for (int m = 0; m < kRows; ++m) acc[m][v] = vdotq_laneq_s32(acc[m][v], weights, a[m], kLane);
    }
    return b + 16 * kVecs;
  }

  template <int kRows, int kVecs>
  static KPT_ALWAYS_INLINE const int8_t* Tap(const uint8_t* const (&a)[kRows], int64_t offset, int tap_bytes,
                                             const int8_t* b, int32x4_t (&acc)[kRows][kVecs]) {
    const uint8x16_t flip = vdupq_n_u8(0x80);
    for (int k = 0; k < tap_bytes; k += 16) {
      int8x16_t run[kRows];
      for (int m = 0; m < kRows; ++m)
        run[m] = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(a[m] + offset + k), flip));
      b = Group<0>(run, b, acc);
      if (k + 4 < tap_bytes) b = Group<1>(run, b, acc);
      if (k + 8 < tap_bytes) b = Group<2>(run, b, acc);
      if (k + 12 < tap_bytes) b = Group<3>(run, b, acc);
    }
    return b;
  }
};

}  // namespace

void GemmS8NeonDotprod(const GemmS8Block& block) { RunGemmS8<DotprodProduct>(block); }
}  // namespace kompakt
KPT_TIER_END
#endif
