// gemm_s8: the law, and the portable tier that always works.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/gemm_s8/gemm_s8.h"

namespace kompakt {
namespace {

constexpr int kWidth = 8;

void Accumulate(const GemmS8Block& g, int64_t row, uint32_t* acc) {
  const uint32_t start = g.row_bias == nullptr ? 0 : static_cast<uint32_t>(g.row_bias[row]);
  for (int n = 0; n < kWidth; ++n) acc[n] = static_cast<uint32_t>(g.bias[n]) + start;
  const int8_t* b = g.b;
  for (int t = 0; t < g.taps; ++t) {
    const uint8_t* a = static_cast<const uint8_t*>(g.a) + g.row_offsets[row] + g.tap_offsets[t];
    for (int k = 0; k < g.tap_bytes; k += 4, b += 4 * kWidth)
      for (int n = 0; n < kWidth; ++n)
        for (int i = 0; i < 4; ++i) acc[n] += static_cast<uint32_t>(a[k + i] * b[n * 4 + i]);
  }
}

}  // namespace

void GemmS8Reference(const GemmS8Block& g) {
  for (int64_t row = 0; row < g.rows; ++row) {
    uint32_t acc[kWidth];
    Accumulate(g, row, acc);
    for (int n = 0; n < g.columns; ++n) {
      const int32_t sum = static_cast<int32_t>(acc[n]);
      const int64_t at = row * g.y_stride + n;
      if (g.output == OutputKind::kS32)
        static_cast<int32_t*>(g.y)[at] = sum;
      else if (g.output == OutputKind::kF32)
        static_cast<float*>(g.y)[at] = static_cast<float>(sum) * g.scale[n];
      else
        static_cast<uint8_t*>(g.y)[at] = Requantize(sum, g.scale[n], g.range);
    }
  }
}

}  // namespace kompakt
