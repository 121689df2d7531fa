// The law of gemm_f32, in portable C++.
// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "native/kernels/gemm_f32/gemm_f32.h"

namespace kompakt {

void gemm_f32_reference(int rows, int vectors, int64_t count, const GemmF32Tile& tile) {
  // Tiles one below the other are one tall tile.
  const int64_t height = rows * count;
  constexpr int kLanes = 4;
  const int width = vectors * kLanes;
  for (int64_t r = 0; r < height; ++r) {
    for (int n = 0; n < tile.columns; ++n) {
      float x = 0.0f;
      const float* b = tile.b + n;
      for (int64_t t = 0; t < tile.taps; ++t) {
        const float* a = tile.rows[t * tile.tap_stride + r];
        for (int64_t k = 0; k < tile.depth; ++k, b += width) x = std::fma(a[k], *b, x);
      }
      if (tile.factor != 1.0f) x *= tile.factor;
      if (tile.bias != nullptr) x += tile.bias[n];
      if (tile.residual != nullptr) x += tile.residual[r * tile.residual_stride + n];
      tile.c[r * tile.c_stride + n] = x;
    }
    float* c = tile.c + r * tile.c_stride;
    if (tile.activation.kind != UnaryKind::kNone) UnaryF32(tile.activation, c, c, tile.columns);
  }
}

}  // namespace kompakt
