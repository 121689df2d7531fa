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
  /// Most rows of a tile of one or two vectors.
  static constexpr int kLowTileRows = 8;

  /// SDOT with lane kLane of each row's 16 bytes.
  template <int kLane, int kRows, int kVecs>
  static KPT_ALWAYS_INLINE void Group(const int8x16_t (&a)[kRows], const int8_t* b,
                                      int32x4_t (&acc)[kRows][kVecs]) {
    asm volatile("" ::
                     : "memory");  // g++ otherwise loads the weights of all lanes first, and puts sums into
                                   // memory for them
    KPT_UNROLL
    for (int v = 0; v < kVecs; ++v) {
      const int8x16_t weights = vld1q_s8(b + 16 * (kLane * kVecs + v));
      KPT_UNROLL
      for (int m = 0; m < kRows; ++m) acc[m][v] = vdotq_laneq_s32(acc[m][v], weights, a[m], kLane);
    }
  }

  template <int kRows>
  static KPT_ALWAYS_INLINE void Load(const uint8_t* const (&a)[kRows], int64_t at, int8x16_t (&run)[kRows]) {
    const uint8x16_t flip = vdupq_n_u8(0x80);
    KPT_UNROLL
    for (int m = 0; m < kRows; ++m) run[m] = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(a[m] + at), flip));
  }

  template <int kRows, int kVecs>
  static KPT_ALWAYS_INLINE const int8_t* Tap(const uint8_t* const (&a)[kRows], int64_t offset, int tap_bytes,
                                             const int8_t* b, int32x4_t (&acc)[kRows][kVecs]) {
    constexpr int kGroupBytes = 16 * kVecs;
    int8x16_t run[kRows];
    const int64_t end = offset + tap_bytes;
    int64_t at = offset;
    for (; at + 16 <= end; at += 16, b += 4 * kGroupBytes) {
      Load(a, at, run);
      Group<0>(run, b, acc);
      Group<1>(run, b, acc);
      Group<2>(run, b, acc);
      Group<3>(run, b, acc);
    }
    if (at == end) return b;
    Load(a, at, run);
    Group<0>(run, b, acc);
    if (at + 4 >= end) return b + kGroupBytes;
    Group<1>(run, b, acc);
    if (at + 8 >= end) return b + 2 * kGroupBytes;
    Group<2>(run, b, acc);
    if (at + 12 >= end) return b + 3 * kGroupBytes;
    Group<3>(run, b, acc);
    return b + 4 * kGroupBytes;
  }
};

}  // namespace

void GemmS8NeonDotprod(const GemmS8Block& block) { RunGemmS8<DotprodProduct>(block); }
}  // namespace kompakt
KPT_TIER_END
#endif
