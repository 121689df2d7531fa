// gemm_b1 on baseline NEON: EOR, CNT and an addition of bytes for 128 products. 31 counts of at most 8 fit a
// byte; then UADDLP and three levels of ADDP give the counts of four columns as one vector.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/gemm_b1/gemm_b1.h"

#if KPT_ARM64
#include <arm_neon.h>

#include "native/base/check.h"
#include "native/cpu/region.h"

KPT_TIER_BEGIN_NEON
namespace kompakt {
namespace {

constexpr int kWidth = 8, kBlock = 4, kMaxRows = 4;
constexpr int kMostBytes = 31 * 16;

/// Bit counts of kRows rows by four of the eight columns.
template <int kRows>
struct B1NeonTile {
  uint8x16_t bytes[kRows][kBlock];
  uint32x4_t words[kRows];
  int left = kMostBytes;  // of k before the bytes may overflow

  KPT_ALWAYS_INLINE B1NeonTile() {
    for (int m = 0; m < kRows; ++m) {
      words[m] = vdupq_n_u32(0);
      for (int n = 0; n < kBlock; ++n) bytes[m][n] = vdupq_n_u8(0);
    }
  }

  KPT_ALWAYS_INLINE void Flush() {
    for (int m = 0; m < kRows; ++m) {
      uint16x8_t pairs[kBlock];
      for (int n = 0; n < kBlock; ++n) {
        pairs[n] = vpaddlq_u8(bytes[m][n]);
        bytes[m][n] = vdupq_n_u8(0);
      }
      const uint16x8_t all = vpaddq_u16(vpaddq_u16(pairs[0], pairs[1]), vpaddq_u16(pairs[2], pairs[3]));
      words[m] = vpadalq_u16(words[m], all);
    }
    left = kMostBytes;
  }

  /// `b` is at the first of the four columns.
  KPT_ALWAYS_INLINE const uint8_t* Add(const uint8_t* const (&a)[kRows], int64_t k, int tap_bytes,
                                       const uint8_t* b) {
    for (const int64_t end = k + tap_bytes; k < end;) {
      const int64_t stop = end - k < left ? end : k + left;
      left -= static_cast<int>(stop - k);
      for (; k < stop; k += 16, b += 16 * kWidth) {
        uint8x16_t run[kRows];
        for (int m = 0; m < kRows; ++m) run[m] = vld1q_u8(a[m] + k);
        for (int n = 0; n < kBlock; ++n) {
          const uint8x16_t w = vld1q_u8(b + 16 * n);
          for (int m = 0; m < kRows; ++m) bytes[m][n] = vaddq_u8(bytes[m][n], vcntq_u8(veorq_u8(run[m], w)));
        }
      }
      if (left == 0) Flush();
    }
    return b;
  }
};

template <int kRows>
void Run(const GemmB1Block& g, int64_t row) {
  const uint8_t* a[kRows];
  for (int m = 0; m < kRows; ++m) a[m] = g.a + g.row_offsets[row + m];
  int32x4_t pop[kWidth / kBlock][kRows];
  for (int half = 0; half < kWidth / kBlock; ++half) {
    B1NeonTile<kRows> tile;
    const uint8_t* b = g.b + 16 * kBlock * half;
    for (int t = 0; t < g.taps; ++t) b = tile.Add(a, g.tap_offsets[t], g.tap_bytes, b);
    tile.Flush();
    for (int m = 0; m < kRows; ++m) pop[half][m] = vreinterpretq_s32_u32(tile.words[m]);
  }
  static constexpr uint16_t kBits[kWidth] = {1, 2, 4, 8, 16, 32, 64, 128};
  const uint16x8_t bits = vld1q_u16(kBits);
  for (int m = 0; m < kRows; ++m) {
    const int32_t* table = g.table + (g.row_tables == nullptr ? 0 : g.row_tables[row + m]);
    const int32x4_t low = vld1q_s32(table), high = vld1q_s32(table + kBlock);
    if (g.to_bits) {
      const uint16x8_t set =
          vcombine_u16(vmovn_u32(vcleq_s32(pop[0][m], low)), vmovn_u32(vcleq_s32(pop[1][m], high)));
      static_cast<uint8_t*>(g.y)[(row + m) * g.y_stride] =
          static_cast<uint8_t>(vaddvq_u16(vandq_u16(set, bits)));
      continue;
    }
    int32_t sums[kWidth];
    vst1q_s32(sums, vmlsq_n_s32(low, pop[0][m], 2));
    vst1q_s32(sums + kBlock, vmlsq_n_s32(high, pop[1][m], 2));
    int32_t* y = static_cast<int32_t*>(g.y) + (row + m) * g.y_stride;
    for (int n = 0; n < g.columns; ++n) y[n] = sums[n];
  }
}

template <int kRows>
KPT_ALWAYS_INLINE void Rest(const GemmB1Block& g, int64_t row, int64_t rows) {
  if constexpr (kRows > 0) {
    if (rows == kRows)
      Run<kRows>(g, row);
    else
      Rest<kRows - 1>(g, row, rows);
  }
}

}  // namespace

void GemmB1Neon(const GemmB1Block& g) {
  int64_t row = 0;
  for (; row + kMaxRows <= g.rows; row += kMaxRows) Run<kMaxRows>(g, row);
  Rest<kMaxRows - 1>(g, row, g.rows - row);
}

}  // namespace kompakt
KPT_TIER_END_NEON
#endif
