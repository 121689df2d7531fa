// gemm_b1 on baseline NEON: EOR, CNT and an addition of bytes for 128 products. Two rows by eight columns at
// a time; a piece of k is so short that its counts stay bytes until the vectors of two columns are added into
// one. Eight bytes of k that do not fill a vector join there: two columns' weights are one vector, and
// nothing is counted that is not a product. SPDX-License-Identifier: Apache-2.0
#include "native/kernels/gemm_b1/gemm_b1.h"

#if KPT_ARM64
#include <arm_neon.h>

#include "native/base/check.h"
#include "native/cpu/region.h"

KPT_TIER_BEGIN_NEON
namespace kompakt {
namespace {

constexpr int kWidth = 8, kPairs = kWidth / 2, kMaxRows = 4;
/// Most bytes of k so that no byte overflows when a column's counts are added up to eight bytes, and to four.
constexpr int kPairBytes = 255, kFourBytes = 127;
/// A 3x3 window of 64 channels, read where it lies.
constexpr int kWindowTaps = 3, kWindowTapBytes = 24;

/// Bytes [k, k + bytes) of some taps; `b` is at byte k of the first.
struct Piece {
  const int32_t* taps;
  int count;
  int64_t k, bytes;
  int64_t b_stride;  // between taps
};

/// Eight bytes of a row, twice: by two loads, which leave the units that count alone.
KPT_ALWAYS_INLINE uint8x16_t LoadTwice(const uint8_t* p) {
  uint8x16_t twice;
  asm("ldr %d0, %1\n\tld1 {%0.d}[1], %1" : "=w"(twice) : "Q"(*reinterpret_cast<const uint8_t(*)[8]>(p)));
  return twice;
}

/// 16 bytes of the rows at k by eight columns; moves b on. `first`: there is nothing to add to yet.
template <int kRows>
KPT_ALWAYS_INLINE void Step(bool first, const uint8_t* const (&a)[kRows], int64_t k, const uint8_t*& b,
                            uint8x16_t (&counts)[kRows][kWidth]) {
  uint8x16_t run[kRows];
  for (int m = 0; m < kRows; ++m) run[m] = vld1q_u8(a[m] + k);
  for (int n = 0; n < kWidth; ++n) {
    const uint8x16_t w = vld1q_u8(b + 16 * n);
    for (int m = 0; m < kRows; ++m) {
      const uint8x16_t count = vcntq_u8(veorq_u8(run[m], w));
      counts[m][n] = first ? count : vaddq_u8(counts[m][n], count);
    }
    // Column by column: GCC 12 otherwise makes all exclusive ors first, and spills.
    for (int m = 0; m < kRows; ++m) asm volatile("" : "+r"(b) : "w"(counts[m][n]));
  }
  b += 16 * kWidth;
}

/// The last eight bytes of taps of an odd number of eights: two columns a vector.
template <int kRows>
KPT_ALWAYS_INLINE void Half(const uint8_t* const (&a)[kRows], int64_t k, const uint8_t* b,
                            uint8x16_t (&pairs)[kRows][kPairs]) {
  uint8x16_t run[kRows];
  for (int m = 0; m < kRows; ++m) run[m] = LoadTwice(a[m] + k);
  for (int n = 0; n < kPairs; ++n) {
    const uint8x16_t w = vld1q_u8(b + 16 * n);
    for (int m = 0; m < kRows; ++m) pairs[m][n] = vaddq_u8(pairs[m][n], vcntq_u8(veorq_u8(run[m], w)));
    for (int m = 0; m < kRows; ++m) asm volatile("" : "+r"(b) : "w"(pairs[m][n]));
  }
}

template <int kRows>
KPT_ALWAYS_INLINE void AddPairs(const uint8x16_t (&counts)[kRows][kWidth],
                                uint8x16_t (&pairs)[kRows][kPairs]) {
  for (int m = 0; m < kRows; ++m)
    for (int n = 0; n < kPairs; ++n) pairs[m][n] = vpaddq_u8(counts[m][2 * n], counts[m][2 * n + 1]);
}

/// The sums of the bytes of eight columns; `depth`: the bytes of k that were counted.
KPT_ALWAYS_INLINE uint16x8_t Total(const uint8x16_t (&pairs)[kPairs], int64_t depth) {
  if (depth <= kFourBytes)
    return vpaddq_u16(vpaddlq_u8(vpaddq_u8(pairs[0], pairs[1])), vpaddlq_u8(vpaddq_u8(pairs[2], pairs[3])));
  return vpaddq_u16(vpaddq_u16(vpaddlq_u8(pairs[0]), vpaddlq_u8(pairs[1])),
                    vpaddq_u16(vpaddlq_u8(pairs[2]), vpaddlq_u8(pairs[3])));
}

/// The counts of a piece, a column a lane.
template <int kRows>
KPT_ALWAYS_INLINE void CountPiece(const Piece& piece, const uint8_t* const (&a)[kRows], const uint8_t* b,
                                  uint16x8_t (&pop)[kRows]) {
  uint8x16_t pairs[kRows][kPairs];
  const int64_t whole = piece.k + (piece.bytes & ~15);
  if (whole > piece.k) {
    uint8x16_t counts[kRows][kWidth];
    int64_t k = piece.k + piece.taps[0];
    const uint8_t* w = b;
    Step(true, a, k, w, counts);
    k += 16;
    for (int t = 0;;) {
      for (const int64_t end = whole + piece.taps[t]; k < end; k += 16) Step(false, a, k, w, counts);
      if (++t == piece.count) break;
      k = piece.k + piece.taps[t];
      w = b + t * piece.b_stride;
    }
    AddPairs(counts, pairs);
  } else {
    for (int m = 0; m < kRows; ++m)
      for (int n = 0; n < kPairs; ++n) pairs[m][n] = vdupq_n_u8(0);
  }
  if (piece.bytes % 16 != 0) {
    const uint8_t* w = b + (whole - piece.k) * kWidth;
    for (int t = 0; t < piece.count; ++t, w += piece.b_stride) Half(a, whole + piece.taps[t], w, pairs);
  }
  for (int m = 0; m < kRows; ++m) pop[m] = Total(pairs[m], piece.count * piece.bytes);
}

/// The same for three taps of 24 bytes, a 3x3 window of 64 channels: a third of the instructions of such a
/// piece would be loops and addresses.
template <int kRows>
KPT_ALWAYS_INLINE void CountWindow(const int32_t* taps, const uint8_t* const (&a)[kRows], const uint8_t* b,
                                   uint16x8_t (&pop)[kRows]) {
  uint8x16_t counts[kRows][kWidth], pairs[kRows][kPairs];
  KPT_UNROLL
  for (int t = 0; t < kWindowTaps; ++t) {
    const uint8_t* w = b + t * kWindowTapBytes * kWidth;
    Step(t == 0, a, taps[t], w, counts);
  }
  AddPairs(counts, pairs);
  KPT_UNROLL
  for (int t = 0; t < kWindowTaps; ++t) Half(a, taps[t] + 16, b + (t * kWindowTapBytes + 16) * kWidth, pairs);
  for (int m = 0; m < kRows; ++m) pop[m] = Total(pairs[m], kWindowTaps * kWindowTapBytes);
}

/// A row's counts where all of k is one piece.
template <bool kWindow>
struct ShortRow {
  /// Limits beyond 16 bits are beyond any count too.
  struct Limits {
    int16x8_t of;
    explicit KPT_ALWAYS_INLINE Limits(const int32_t* table)
        : of(vcombine_s16(vqmovn_s32(vld1q_s32(table)), vqmovn_s32(vld1q_s32(table + 4)))) {}
  };

  template <int kRows>
  static KPT_ALWAYS_INLINE void Count(const GemmB1Block& g, const uint8_t* const (&a)[kRows],
                                      ShortRow (&rows)[kRows]) {
    uint16x8_t pop[kRows];
    if (kWindow) {
      CountWindow(g.tap_offsets, a, g.b, pop);
    } else {
      const Piece piece = {g.tap_offsets, g.taps, 0, g.tap_bytes, int64_t{kWidth} * g.tap_bytes};
      CountPiece(piece, a, g.b, pop);
    }
    for (int m = 0; m < kRows; ++m) rows[m].pop = pop[m];
  }
  KPT_ALWAYS_INLINE uint16x8_t AtMost(const Limits& limits) const {
    return vcleq_s16(vreinterpretq_s16_u16(pop), limits.of);
  }
  KPT_ALWAYS_INLINE int32x4_t TwiceLow() const {
    return vreinterpretq_s32_u32(vshll_n_u16(vget_low_u16(pop), 1));
  }
  KPT_ALWAYS_INLINE int32x4_t TwiceHigh() const { return vreinterpretq_s32_u32(vshll_high_n_u16(pop, 1)); }

  uint16x8_t pop;
};

/// A row's counts where k is cut into pieces: a tap, or a part of one.
struct LongRow {
  struct Limits {
    int32x4_t low, high;
    explicit KPT_ALWAYS_INLINE Limits(const int32_t* table)
        : low(vld1q_s32(table)), high(vld1q_s32(table + 4)) {}
  };

  template <int kRows>
  static KPT_ALWAYS_INLINE void Count(const GemmB1Block& g, const uint8_t* const (&a)[kRows],
                                      LongRow (&rows)[kRows]) {
    for (int m = 0; m < kRows; ++m) rows[m].low = rows[m].high = vdupq_n_u32(0);
    constexpr int64_t kMost = kPairBytes & ~15;
    const uint8_t* b = g.b;
    for (int t = 0; t < g.taps; ++t)
      for (int64_t k = 0, left = g.tap_bytes; left > 0; k += kMost, left -= kMost) {
        const Piece piece = {g.tap_offsets + t, 1, k, left < kMost ? left : kMost, 0};
        uint16x8_t pop[kRows];
        CountPiece(piece, a, b, pop);
        b += piece.bytes * kWidth;
        for (int m = 0; m < kRows; ++m) {
          rows[m].low = vaddw_u16(rows[m].low, vget_low_u16(pop[m]));
          rows[m].high = vaddw_high_u16(rows[m].high, pop[m]);
        }
      }
  }
  KPT_ALWAYS_INLINE uint16x8_t AtMost(const Limits& limits) const {
    return vcombine_u16(vmovn_u32(vcleq_s32(vreinterpretq_s32_u32(low), limits.low)),
                        vmovn_u32(vcleq_s32(vreinterpretq_s32_u32(high), limits.high)));
  }
  KPT_ALWAYS_INLINE int32x4_t TwiceLow() const { return vreinterpretq_s32_u32(vshlq_n_u32(low, 1)); }
  KPT_ALWAYS_INLINE int32x4_t TwiceHigh() const { return vreinterpretq_s32_u32(vshlq_n_u32(high, 1)); }

  uint32x4_t low, high;
};

/// A whole call. Row: how the counts of a row are kept.
template <class Row>
class Call {
 public:
  explicit Call(const GemmB1Block& block) : g_(block), limits_(block.table) {}

  KPT_ALWAYS_INLINE void Run() const {
    int64_t row = 0;
    if (!g_.to_bits) {
      for (; row + 2 <= g_.rows; row += 2) Sums<2>(row);
      if (row < g_.rows) Sums<1>(row);
      return;
    }
    for (; row + kMaxRows <= g_.rows; row += kMaxRows) Bits<kMaxRows>(row);
    for (; row + 2 <= g_.rows; row += 2) Bits<2>(row);
    if (row < g_.rows) Bits<1>(row);
  }

 private:
  using Limits = typename Row::Limits;

  KPT_ALWAYS_INLINE const int32_t* Table(int64_t row) const {
    return g_.table + (g_.row_tables == nullptr ? 0 : g_.row_tables[row]);
  }

  template <int kRows>
  KPT_ALWAYS_INLINE void Count(int64_t row, Row (&rows)[kRows]) const {
    const uint8_t* a[kRows];
    for (int m = 0; m < kRows; ++m) a[m] = g_.a + g_.row_offsets[row + m];
    Row::Count(g_, a, rows);
  }

  /// Ones in the lanes of the columns whose bits are set, two rows at a time.
  template <int kRows>
  KPT_ALWAYS_INLINE void Compare(int64_t row, uint16x8_t* set) const {
    constexpr int kNow = kRows > 1 ? 2 : 1;
    Row rows[kNow];
    Count(row, rows);
    for (int m = 0; m < kNow; ++m)
      set[m] = rows[m].AtMost(g_.row_tables == nullptr ? limits_ : Limits(Table(row + m)));
    if constexpr (kRows > 2) Compare<kRows - 2>(row + 2, set + 2);
  }

  /// The lanes of two rows become the even and the odd bytes of one vector, masked with the weight of each
  /// bit; three pairwise additions make a byte of each row.
  template <int kRows>
  KPT_ALWAYS_INLINE void Bits(int64_t row) const {
    static constexpr uint8_t kBits[16] = {1, 1, 2, 2, 4, 4, 8, 8, 16, 16, 32, 32, 64, 64, 128, 128};
    const uint16x8_t weights = vreinterpretq_u16_u8(vld1q_u8(kBits)), even = vdupq_n_u16(0xff);
    uint16x8_t set[kMaxRows];
    Compare<kRows>(row, set);
    for (int m = kRows; m < kMaxRows; ++m) set[m] = set[0];
    uint16x8_t sums = vpaddq_u16(vandq_u16(vbslq_u16(even, set[0], set[1]), weights),
                                 vandq_u16(vbslq_u16(even, set[2], set[3]), weights));
    sums = vpaddq_u16(sums, sums);
    sums = vpaddq_u16(sums, sums);
    const uint32_t bytes = vgetq_lane_u32(vreinterpretq_u32_u16(sums), 0);
    uint8_t* y = static_cast<uint8_t*>(g_.y) + row * g_.y_stride;
    for (int m = 0; m < kRows; ++m) y[m * g_.y_stride] = static_cast<uint8_t>(bytes >> (8 * m));
  }

  template <int kRows>
  KPT_ALWAYS_INLINE void Sums(int64_t row) const {
    Row rows[kRows];
    Count(row, rows);
    for (int m = 0; m < kRows; ++m) {
      const int32_t* table = Table(row + m);
      int32_t sums[kWidth];
      vst1q_s32(sums, vsubq_s32(vld1q_s32(table), rows[m].TwiceLow()));
      vst1q_s32(sums + 4, vsubq_s32(vld1q_s32(table + 4), rows[m].TwiceHigh()));
      int32_t* y = static_cast<int32_t*>(g_.y) + (row + m) * g_.y_stride;
      for (int n = 0; n < g_.columns; ++n) y[n] = sums[n];
    }
  }

  // Copies: known not to change while y is written.
  const GemmB1Block g_;
  const Limits limits_;
};

}  // namespace

void GemmB1Neon(const GemmB1Block& g) {
  if (g.taps == kWindowTaps && g.tap_bytes == kWindowTapBytes)
    Call<ShortRow<true>>(g).Run();
  else if (int64_t{g.taps} * g.tap_bytes <= kPairBytes)
    Call<ShortRow<false>>(g).Run();
  else
    Call<LongRow>(g).Run();
}

}  // namespace kompakt
KPT_TIER_END_NEON
#endif
