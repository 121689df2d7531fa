// dwconv_s8 on baseline NEON (Cortex-A72), direct layout: two taps share 16 bits (2 * 128 * 127 = 32512)
// before they are widened, so 16 channels of a tap cost two SMULL or SMLAL and, every second tap, four SADDW.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/dwconv_s8/dwconv_s8.h"

#if KPT_ARM64
#include "native/kernels/requantize/s8_neon.h"

namespace kompakt {
namespace {

KPT_ALWAYS_INLINE void Widen(int16x8_t low, int16x8_t high, int32x4_t (&acc)[4]) {
  acc[0] = vaddw_s16(acc[0], vget_low_s16(low));
  acc[1] = vaddw_high_s16(acc[1], low);
  acc[2] = vaddw_s16(acc[2], vget_low_s16(high));
  acc[3] = vaddw_high_s16(acc[3], high);
}

KPT_ALWAYS_INLINE void Column(const DwConvS8Row& row, const int8_t* w, const int8_t* x, int32x4_t (&acc)[4]) {
  for (int t = 0; t < row.taps; t += 2) {
    const int8x16_t a = vld1q_s8(x + row.tap_offsets[t]), b = vld1q_s8(w + 16 * t);
    int16x8_t low = vmull_s8(vget_low_s8(a), vget_low_s8(b)), high = vmull_high_s8(a, b);
    if (t + 1 < row.taps) {
      const int8x16_t c = vld1q_s8(x + row.tap_offsets[t + 1]), d = vld1q_s8(w + 16 * t + 16);
      low = vmlal_s8(low, vget_low_s8(c), vget_low_s8(d));
      high = vmlal_high_s8(high, c, d);
    }
    Widen(low, high, acc);
  }
}

}  // namespace

void DwConvS8NeonFill(const DwConvS8Fill& f) {
  const uint8x16_t flip = vdupq_n_u8(0x80);
  for (int64_t column = 0; column < f.columns; ++column)
    for (int c = 0; c < f.channels; c += kDwConvBlock)
      vst1q_u8(f.out + column * f.out_stride + c,
               veorq_u8(vld1q_u8(f.rows[0] + column * f.row_stride + c), flip));
}

void DwConvS8NeonRun(const DwConvS8Row& row) {
  const NeonBytes bytes(row.range);
  for (int c = 0; c < row.channels; c += kDwConvBlock)
    for (int64_t column = 0; column < row.columns; ++column) {
      int32x4_t acc[4];
      for (int v = 0; v < 4; ++v) acc[v] = vld1q_s32(row.bias + c + 4 * v);
      Column(row, row.w + static_cast<int64_t>(c) * row.taps,
             reinterpret_cast<const int8_t*>(row.scratch) + column * row.column_step + c, acc);
      NeonStoreRow(acc, row.scale + c, bytes, row.output, row.y, column * row.y_stride + c, row.channels - c);
    }
}

}  // namespace kompakt
#endif
