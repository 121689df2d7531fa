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
constexpr int64_t kMostBytes = 31 * 16;  // of k before a byte may overflow

/// Bit counts of kRows rows by four of the eight columns.
template <int kRows>
struct B1NeonTile {
  uint8x16_t bytes[kRows][kBlock];

  KPT_ALWAYS_INLINE void Clear() {
    for (int m = 0; m < kRows; ++m)
      for (int n = 0; n < kBlock; ++n) bytes[m][n] = vdupq_n_u8(0);
  }

  /// 16 bytes of the rows at k; `b` is at the first of the four columns. kFirst: there is nothing to add to
  /// yet.
  template <bool kFirst>
  KPT_ALWAYS_INLINE void Step(const uint8_t* const (&a)[kRows], int64_t k, const uint8_t* b) {
    uint8x16_t run[kRows];
    for (int m = 0; m < kRows; ++m) run[m] = vld1q_u8(a[m] + k);
    for (int n = 0; n < kBlock; ++n) {
      const uint8x16_t w = vld1q_u8(b + 16 * n);
      for (int m = 0; m < kRows; ++m) {
        const uint8x16_t count = vcntq_u8(veorq_u8(run[m], w));
        bytes[m][n] = kFirst ? count : vaddq_u8(bytes[m][n], count);
      }
      // Column by column: GCC 12 otherwise makes all exclusive ors first, and spills.
      for (int m = 0; m < kRows; ++m) asm volatile("" : "+w"(bytes[m][n]), "+r"(b));
    }
  }

  /// Bytes [k, end) of the rows; returns where their columns end.
  KPT_ALWAYS_INLINE const uint8_t* Add(const uint8_t* const (&a)[kRows], int64_t k, int64_t end,
                                       const uint8_t* b) {
    for (; k < end; k += 16, b += 16 * kWidth) Step<false>(a, k, b);
    return b;
  }

  /// The sums of a row's bytes, a column a lane.
  KPT_ALWAYS_INLINE int32x4_t Total(int m) const {
    const uint16x8_t left = vpaddq_u16(vpaddlq_u8(bytes[m][0]), vpaddlq_u8(bytes[m][1]));
    const uint16x8_t right = vpaddq_u16(vpaddlq_u8(bytes[m][2]), vpaddlq_u8(bytes[m][3]));
    return vreinterpretq_s32_u32(vpaddlq_u16(vpaddq_u16(left, right)));
  }
};

template <int kRows>
KPT_ALWAYS_INLINE void Count(const GemmB1Block& g, const uint8_t* const (&a)[kRows], const uint8_t* b,
                             int32x4_t (&pop)[kRows]) {
  B1NeonTile<kRows> tile;
  const int64_t depth = g.taps * int64_t{g.tap_bytes};
  if (depth > 0 && depth <= kMostBytes) {
    int64_t k = g.tap_offsets[0], end = k + g.tap_bytes;
    tile.template Step<true>(a, k, b);
    b = tile.Add(a, k + 16, end, b + 16 * kWidth);
    for (int t = 1; t < g.taps; ++t) {
      k = g.tap_offsets[t], end = k + g.tap_bytes;
      b = tile.Add(a, k, end, b);
    }
    for (int m = 0; m < kRows; ++m) pop[m] = tile.Total(m);
    return;
  }
  tile.Clear();
  for (int m = 0; m < kRows; ++m) pop[m] = vdupq_n_s32(0);
  int64_t left = kMostBytes;
  for (int t = 0; t < g.taps; ++t) {
    int64_t k = g.tap_offsets[t];
    for (const int64_t end = k + g.tap_bytes; k < end;) {
      const int64_t stop = end - k < left ? end : k + left;
      left -= stop - k;
      b = tile.Add(a, k, stop, b);
      k = stop;
      if (left > 0) continue;
      for (int m = 0; m < kRows; ++m) pop[m] = vaddq_s32(pop[m], tile.Total(m));
      tile.Clear();
      left = kMostBytes;
    }
  }
  for (int m = 0; m < kRows; ++m) pop[m] = vaddq_s32(pop[m], tile.Total(m));
}

/// Comparisons of all rows are masked with the weight of each bit; three pairwise additions make bytes of
/// them.
template <int kRows>
KPT_ALWAYS_INLINE void StoreBits(const GemmB1Block& g, int64_t row, const int32x4_t (&low)[kRows],
                                 const int32x4_t (&high)[kRows], const int32x4_t (&pop_low)[kRows],
                                 const int32x4_t (&pop_high)[kRows]) {
  static constexpr uint8_t kBits[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  const uint8x16_t weights = vld1q_u8(kBits);
  uint8x8_t set[kMaxRows];
  for (int i = 0; i < kMaxRows; ++i) {
    const int m = i < kRows ? i : 0;
    set[i] = vmovn_u16(
        vcombine_u16(vmovn_u32(vcleq_s32(pop_low[m], low[m])), vmovn_u32(vcleq_s32(pop_high[m], high[m]))));
  }
  const uint8x16_t first = vandq_u8(vcombine_u8(set[0], set[1]), weights);
  const uint8x16_t second = vandq_u8(vcombine_u8(set[2], set[3]), weights);
  uint8x16_t sums = vpaddq_u8(first, second);
  sums = vpaddq_u8(sums, sums);
  sums = vpaddq_u8(sums, sums);
  uint8_t* y = static_cast<uint8_t*>(g.y) + row * g.y_stride;
  vst1q_lane_u8(y, sums, 0);
  if constexpr (kRows > 1) vst1q_lane_u8(y + g.y_stride, sums, 1);
  if constexpr (kRows > 2) vst1q_lane_u8(y + 2 * g.y_stride, sums, 2);
  if constexpr (kRows > 3) vst1q_lane_u8(y + 3 * g.y_stride, sums, 3);
}

template <int kRows>
KPT_ALWAYS_INLINE void Run(const GemmB1Block& g, int64_t row) {
  const uint8_t* a[kRows];
  int32x4_t low[kRows], high[kRows], pop_low[kRows], pop_high[kRows];
  for (int m = 0; m < kRows; ++m) a[m] = g.a + g.row_offsets[row + m];
  Count(g, a, g.b, pop_low);
  Count(g, a, g.b + 16 * kBlock, pop_high);
  for (int m = 0; m < kRows; ++m) {
    const int32_t* table = g.table + (g.row_tables == nullptr ? 0 : g.row_tables[row + m]);
    low[m] = vld1q_s32(table), high[m] = vld1q_s32(table + kBlock);
  }
  if (g.to_bits) return StoreBits(g, row, low, high, pop_low, pop_high);
  for (int m = 0; m < kRows; ++m) {
    int32_t sums[kWidth];
    vst1q_s32(sums, vmlsq_n_s32(low[m], pop_low[m], 2));
    vst1q_s32(sums + kBlock, vmlsq_n_s32(high[m], pop_high[m], 2));
    int32_t* y = static_cast<int32_t*>(g.y) + (row + m) * g.y_stride;
    for (int n = 0; n < g.columns; ++n) y[n] = sums[n];
  }
}

template <int kRows>
void Rest(const GemmB1Block& g, int64_t row, int64_t rows) {
  if constexpr (kRows > 0) {
    if (rows == kRows)
      Run<kRows>(g, row);
    else
      Rest<kRows - 1>(g, row, rows);
  }
}

}  // namespace

void GemmB1Neon(const GemmB1Block& block) {
  const GemmB1Block g = block;  // known not to change while y is written
  int64_t row = 0;
  for (; row + kMaxRows <= g.rows; row += kMaxRows) Run<kMaxRows>(g, row);
  Rest<kMaxRows - 1>(g, row, g.rows - row);
}

}  // namespace kompakt
KPT_TIER_END_NEON
#endif
