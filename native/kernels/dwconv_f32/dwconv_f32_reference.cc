// The law of dwconv_f32, in portable C++.
// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "native/kernels/dwconv_f32/dwconv_f32.h"

namespace kompakt {

void dwconv_f32_reference(const DwconvF32Row& row) {
  for (int64_t ox = 0; ox < row.out_w; ++ox)
    for (int64_t c = row.first_channel; c < row.last_channel; ++c) {
      float x = 0.0f;
      for (int64_t i = 0; i < row.line_count; ++i)
        for (int64_t kx = 0; kx < row.kw; ++kx) {
          const int64_t ix = ox * row.stride + kx * row.dilation - row.pad_left;
          if (ix < 0 || ix >= row.in_w) continue;
          x = std::fma(row.lines[i][ix * row.channels + c], row.w[(i * row.kw + kx) * row.w_stride + c], x);
        }
      const int64_t at = ox * row.channels + c;
      if (row.bias != nullptr) x += row.bias[c];
      if (row.residual != nullptr) x += row.residual[at];
      if (row.activation.kind != UnaryKind::kNone) UnaryF32(row.activation, &x, &x, 1);
      row.y[at] = x;
    }
}

}  // namespace kompakt
