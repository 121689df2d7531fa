// dwconv_s8: the law, and the portable tier that always works. Direct layout.
// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "native/kernels/dwconv_s8/dwconv_s8.h"

namespace kompakt {

void DwConvS8ReferenceFill(const DwConvS8Fill& f) {
  for (int64_t column = 0; column < f.columns; ++column)
    std::memcpy(f.out + column * f.out_stride, f.rows[0] + column * f.row_stride,
                static_cast<size_t>(f.channels));
}

void DwConvS8ReferenceRun(const DwConvS8Row& row) {
  for (int64_t column = 0; column < row.columns; ++column)
    for (int c = 0; c < row.channels; ++c) {
      const uint8_t* x = row.scratch + column * row.column_step + c;
      const int8_t* w =
          row.w + static_cast<int64_t>(c / kDwConvBlock) * row.taps * kDwConvBlock + c % kDwConvBlock;
      uint32_t acc = static_cast<uint32_t>(row.bias[c]);
      for (int t = 0; t < row.taps; ++t)
        acc += static_cast<uint32_t>(x[row.tap_offsets[t]] * w[t * kDwConvBlock]);
      const int32_t sum = static_cast<int32_t>(acc);
      const int64_t at = column * row.y_stride + c;
      if (row.output == OutputKind::kS32)
        static_cast<int32_t*>(row.y)[at] = sum;
      else if (row.output == OutputKind::kF32)
        static_cast<float*>(row.y)[at] = static_cast<float>(sum) * row.scale[c];
      else
        static_cast<uint8_t*>(row.y)[at] = Requantize(sum, row.scale[c], row.range);
    }
}

}  // namespace kompakt
