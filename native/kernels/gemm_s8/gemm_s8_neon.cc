// gemm_s8 on baseline NEON (Cortex-A72): SMULL, SMLAL and SADALP. Two products of s8 by weights within [-127,
// 127] fit 16 bits (2 * 128 * 127 = 32512), so 16 k of 4 columns take 4 x (SMULL + SMLAL2 + SADALP): the
// multiplier pipe's bound. Lane j of a sum belongs to column j because B holds pairs of k in rotated order
// (OffsetRotatedPairs) and A is rotated by one pair between the four steps: no horizontal additions.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/gemm_s8/gemm_s8.h"

#if KPT_ARM64
#include "native/cpu/region.h"
#include "native/kernels/requantize/s8_neon.h"

KPT_TIER_BEGIN_NEON
#include "native/kernels/gemm_s8/gemm_s8_neon.inc"

namespace kompakt {
namespace {

struct NeonProduct {
  /// Most rows of a tile of one or two vectors: each row takes registers for A and for a product beside its
  /// sums.
  static constexpr int kLowTileRows = 6;

  /// Multiplies by weights that lie 64 bytes apart, and rotates A for the next step.
  template <int kRows, int kVecs>
  static KPT_ALWAYS_INLINE void Step(int8x16_t (&a)[kRows], const int8_t* b, int32x4_t (&acc)[kRows][kVecs]) {
    KPT_UNROLL
    for (int v = 0; v < kVecs; ++v) {
      // g++ otherwise loads many weights first, and puts sums into memory for them.
      asm volatile("" ::: "memory");
      const int8x16_t weights = vld1q_s8(b + 64 * v);
      KPT_UNROLL
      for (int m = 0; m < kRows; ++m) {
        const int16x8_t low = vmull_s8(vget_low_s8(a[m]), vget_low_s8(weights));
        acc[m][v] = vpadalq_s16(acc[m][v], vmlal_high_s8(low, a[m], weights));
      }
    }
    KPT_UNROLL
    for (int m = 0; m < kRows; ++m) a[m] = vextq_s8(a[m], a[m], 2);
  }

  template <int kRows, int kVecs>
  static KPT_ALWAYS_INLINE const int8_t* Tap(const uint8_t* const (&a)[kRows], int64_t offset, int tap_bytes,
                                             const int8_t* b, int32x4_t (&acc)[kRows][kVecs]) {
    const uint8x16_t flip = vdupq_n_u8(0x80);
    for (int k = 0; k < tap_bytes; k += 16, b += 64 * kVecs) {
      int8x16_t run[kRows];
      KPT_UNROLL
      for (int m = 0; m < kRows; ++m)
        run[m] = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(a[m] + offset + k), flip));
      Step(run, b, acc);
      Step(run, b + 16, acc);
      Step(run, b + 32, acc);
      Step(run, b + 48, acc);
    }
    return b;
  }
};

}  // namespace

void GemmS8Neon(const GemmS8Block& block) { RunGemmS8<NeonProduct>(block); }
}  // namespace kompakt
KPT_TIER_END_NEON
#endif
