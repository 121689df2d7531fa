// dwconv_s8 on Armv8.2 dot product (Cortex-A76): quads by ST4, 16 channels in four vectors, two output
// columns at a time. SPDX-License-Identifier: Apache-2.0
#include "native/kernels/dwconv_s8/dwconv_s8.h"

#if KPT_ARM64
#include "native/cpu/region.h"
#include "native/kernels/requantize/s8_neon.h"

KPT_TIER_BEGIN_DOTPROD
namespace kompakt {
namespace {

/// Apart, because what is rare takes calls and registers.
template <int kColumns>
KPT_NOINLINE void StoreOdd(const DwConvS8Row& row, int c, int64_t column,
                           const int32x4_t (&acc)[kColumns][4]) {
  const NeonBytes bytes(row.range);
  for (int j = 0; j < kColumns; ++j)
    NeonStoreRow(acc[j], row.scale + c, bytes, row.output, row.y, (column + j) * row.y_stride + c,
                 row.channels - c);
}

template <int kColumns, bool kPlain>
KPT_ALWAYS_INLINE void StoreBytes(const DwConvS8Row& row, int c, int64_t column,
                                  const int32x4_t (&acc)[kColumns][4]) {
  const NeonBytes bytes(row.range);
  float32x4_t scale[4];
  KPT_UNROLL
  for (int v = 0; v < 4; ++v) scale[v] = vld1q_f32(row.scale + c + 4 * v);
  const int64_t stride = row.y_stride;  // a copy: stores of bytes might alias row
  uint8_t* y = static_cast<uint8_t*>(row.y) + column * stride + c;
  KPT_UNROLL
  for (int j = 0; j < kColumns; ++j) {
    int32x4_t q[4];
    KPT_UNROLL
    for (int v = 0; v < 4; ++v) q[v] = NeonRound(NeonScale(acc[j][v], scale[v]));
    vst1q_u8(y + j * stride, bytes.template Pack<kPlain>(q[0], q[1], q[2], q[3]));
  }
}

template <int kColumns>
KPT_ALWAYS_INLINE void Store(const DwConvS8Row& row, int c, int64_t column,
                             const int32x4_t (&acc)[kColumns][4]) {
  if (row.output != OutputKind::kU8 || row.channels - c < kDwConvBlock) {
    int32x4_t kept[kColumns][4];  // a copy: acc itself must have no address
    KPT_UNROLL
    for (int j = 0; j < kColumns; ++j) KPT_UNROLL
    for (int v = 0; v < 4; ++v) kept[j][v] = acc[j][v];
    StoreOdd<kColumns>(row, c, column, kept);
  } else if (FullFromZero(row.range)) {
    StoreBytes<kColumns, true>(row, c, column, acc);
  } else {
    StoreBytes<kColumns, false>(row, c, column, acc);
  }
}

/// Adds all taps of kColumns neighbouring outputs of one block.
template <int kColumns>
KPT_ALWAYS_INLINE void Columns(const DwConvS8Row& row, const int8_t* w, int c, int64_t column) {
  int32x4_t acc[kColumns][4];
  KPT_UNROLL
  for (int j = 0; j < kColumns; ++j) KPT_UNROLL
  for (int v = 0; v < 4; ++v) acc[j][v] = vld1q_s32(row.bias + c + 4 * v);
  const int64_t step = row.column_step;
  const int8_t* x = reinterpret_cast<const int8_t*>(row.scratch) + 4 * c + column * step;
  for (int t = 0; t < row.taps; ++t, w += 64) {
    const int8_t* at = x + row.tap_offsets[t];
    KPT_UNROLL
    for (int v = 0; v < 4; ++v) {
      const int8x16_t weight = vld1q_s8(w + 16 * v);
      KPT_UNROLL
      for (int j = 0; j < kColumns; ++j)
        acc[j][v] = vdotq_s32(acc[j][v], vld1q_s8(at + j * step + 16 * v), weight);
    }
  }
  Store<kColumns>(row, c, column, acc);
}

/// The same where three taps lie as far apart as outputs do: neighbours share what they read.
template <int kColumns>
KPT_ALWAYS_INLINE void ColumnsOfThree(const DwConvS8Row& row, const int8_t* w, int c, int64_t column) {
  int32x4_t acc[kColumns][4];
  const int64_t step = row.column_step;
  const int8_t* x = reinterpret_cast<const int8_t*>(row.scratch) + 4 * c + column * step + row.tap_offsets[0];
  KPT_UNROLL
  for (int v = 0; v < 4; ++v) {
    asm volatile("" ::: "memory");  // or g++ loads all of them first
    const int32x4_t bias = vld1q_s32(row.bias + c + 4 * v);
    const int8x16_t w0 = vld1q_s8(w + 16 * v), w1 = vld1q_s8(w + 64 + 16 * v),
                    w2 = vld1q_s8(w + 128 + 16 * v);
    int8x16_t values[kColumns + 2];
    KPT_UNROLL
    for (int j = 0; j < kColumns + 2; ++j) values[j] = vld1q_s8(x + j * step + 16 * v);
    KPT_UNROLL
    for (int j = 0; j < kColumns; ++j)
      acc[j][v] = vdotq_s32(vdotq_s32(vdotq_s32(bias, values[j], w0), values[j + 1], w1), values[j + 2], w2);
  }
  Store<kColumns>(row, c, column, acc);
}

}  // namespace

void DwConvS8NeonDotprodFill(const DwConvS8Fill& f) {
  const uint8x16_t flip = vdupq_n_u8(0x80);
  for (int64_t column = 0; column < f.columns; ++column)
    for (int c = 0; c < f.channels; c += kDwConvBlock) {
      uint8x16x4_t quads;
      for (int r = 0; r < 4; ++r)
        quads.val[r] = veorq_u8(vld1q_u8(f.rows[r] + column * f.row_stride + c), flip);
      vst4q_u8(f.out + column * f.out_stride + 4 * c, quads);
    }
}

void DwConvS8NeonDotprodRun(const DwConvS8Row& row) {
  const bool three = row.taps == 3 && row.tap_offsets[1] - row.tap_offsets[0] == row.column_step &&
                     row.tap_offsets[2] - row.tap_offsets[1] == row.column_step;
  for (int c = 0; c < row.channels; c += kDwConvBlock) {
    const int8_t* w = row.w + static_cast<int64_t>(c) * row.taps * 4;
    int64_t column = 0;
    if (three)
      for (; column + 4 <= row.columns; column += 4) ColumnsOfThree<4>(row, w, c, column);
    for (; column + 2 <= row.columns; column += 2) Columns<2>(row, w, c, column);
    if (column < row.columns) Columns<1>(row, w, c, column);
  }
}

}  // namespace kompakt
KPT_TIER_END
#endif
