// dwconv_s8 on Armv8.2 dot product (Cortex-A76): quads by ST4, 16 channels in four vectors, two output
// columns at a time. SPDX-License-Identifier: Apache-2.0
#include "native/kernels/dwconv_s8/dwconv_s8.h"

#if KPT_ARM64
#include "native/cpu/region.h"
#include "native/kernels/requantize/s8_neon.h"

KPT_TIER_BEGIN_DOTPROD
namespace kompakt {
namespace {

/// Adds all taps of kColumns neighbouring outputs of one block.
template <int kColumns>
KPT_ALWAYS_INLINE void Columns(const DwConvS8Row& row, const int8_t* w, int c, int64_t column,
                               const NeonBytes& bytes) {
  int32x4_t acc[kColumns][4];
  for (int j = 0; j < kColumns; ++j)
    for (int v = 0; v < 4; ++v) acc[j][v] = vld1q_s32(row.bias + c + 4 * v);
  const int8_t* x = reinterpret_cast<const int8_t*>(row.scratch) + 4 * c + column * row.column_step;
  for (int t = 0; t < row.taps; ++t)
    for (int v = 0; v < 4; ++v) {
      const int8x16_t weight = vld1q_s8(w + 64 * t + 16 * v);
      for (int j = 0; j < kColumns; ++j)
        acc[j][v] =
            vdotq_s32(acc[j][v], vld1q_s8(x + j * row.column_step + row.tap_offsets[t] + 16 * v), weight);
    }
  for (int j = 0; j < kColumns; ++j)
    NeonStoreRow(acc[j], row.scale + c, bytes, row.to_f32, row.y, (column + j) * row.y_stride + c,
                 row.channels - c);
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
  const NeonBytes bytes(row.range);
  for (int c = 0; c < row.channels; c += kDwConvBlock) {
    const int8_t* w = row.w + static_cast<int64_t>(c) * row.taps * 4;
    int64_t column = 0;
    for (; column + 2 <= row.columns; column += 2) Columns<2>(row, w, c, column, bytes);
    if (column < row.columns) Columns<1>(row, w, c, column, bytes);
  }
}

}  // namespace kompakt
KPT_TIER_END
#endif
