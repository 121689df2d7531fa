// gemm_f32: the table of tiers, packing, and the loops over tiles.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/gemm_f32/gemm_f32.h"

#include <algorithm>

#include "native/base/check.h"
#include "native/kernels/transpose/transpose.h"

namespace kompakt {

#define KERNEL(tier, function, ...) \
  void function(int rows, int vectors, int64_t count, const GemmF32Tile& tile);
#include "native/kernels/gemm_f32/kernels.inc"
#undef KERNEL

KernelList<GemmF32Kernel> GemmF32Kernels() {
#define KERNEL(tier, function, lanes, ...) {tier, #function, {function, lanes, {__VA_ARGS__}}},
  static constexpr Kernel<GemmF32Kernel> kTable[] = {
#include "native/kernels/gemm_f32/kernels.inc"
  };
#undef KERNEL
  return MakeKernelList(kTable);
}

GemmF32Panels CutGemmF32(const GemmF32Kernel& kernel, int64_t columns) {
  const int64_t vectors = (columns + kernel.lanes - 1) / kernel.lanes;
  int widest = 1;
  while (widest < kGemmF32MaxVectors && kernel.max_rows[widest] > 0) ++widest;
  GemmF32Panels panels;
  panels.lanes = kernel.lanes;
  // Two vectors make the squarest tile. Three or four are used where two would leave a narrow last panel.
  panels.vectors = std::min(2, widest);
  if (vectors % 2 != 0)
    for (int v = widest; v > 2; --v)
      if (vectors % v == 0) panels.vectors = v;
  if (vectors < panels.vectors) panels.vectors = static_cast<int>(std::max<int64_t>(vectors, 1));
  panels.full = vectors / panels.vectors;
  panels.last_vectors = static_cast<int>(vectors % panels.vectors);
  return panels;
}

void PackGemmF32(const GemmF32Panels& panels, int64_t depth, int64_t columns, const float* b,
                 int64_t k_stride, int64_t n_stride, int64_t first, int64_t last, float* packed) {
  constexpr int64_t kStart = 0;
  PackGemmF32Taps(panels, &kStart, 1, depth, columns, b, k_stride, n_stride, first, last, packed);
}

void PackGemmF32Taps(const GemmF32Panels& panels, const int64_t* offsets, int64_t taps, int64_t depth,
                     int64_t columns, const float* b, int64_t k_stride, int64_t n_stride, int64_t first,
                     int64_t last, float* packed) {
  for (int64_t panel = first; panel < last; ++panel) {
    const int64_t vectors = panel < panels.full ? panels.vectors : panels.last_vectors;
    const int64_t width = vectors * panels.lanes;
    const int64_t column = panel * panels.vectors * panels.lanes;
    const int64_t used = std::min(width, columns - column);
    float* to = packed + taps * depth * column;
    for (int64_t t = 0; t < taps; ++t) {
      const float* from = b + offsets[t] + column * n_stride;
      if (k_stride == 1 && n_stride != 1) {
        BestTransposeKernel().b4(reinterpret_cast<const uint32_t*>(from), n_stride,
                                 reinterpret_cast<uint32_t*>(to), width, used, depth);
        for (int64_t k = 0; k < depth && used < width; ++k)
          std::fill(to + k * width + used, to + (k + 1) * width, 0.0f);
        to += depth * width;
        continue;
      }
      for (int64_t k = 0; k < depth; ++k, to += width, from += k_stride) {
        for (int64_t n = 0; n < used; ++n) to[n] = from[n * n_stride];
        std::fill(to + used, to + width, 0.0f);
      }
    }
  }
}

void RunGemmF32(const GemmF32& gemm, const float* const* rows, int64_t tap_stride, int64_t first_row,
                int64_t row_count, int64_t first_panel, int64_t last_panel) {
  const GemmF32Panels& panels = gemm.panels;
  for (int64_t panel = first_panel; panel < last_panel; ++panel) {
    const int vectors = panel < panels.full ? panels.vectors : panels.last_vectors;
    const int64_t column = panel * panels.vectors * panels.lanes;
    GemmF32Tile tile;
    tile.tap_stride = tap_stride;
    tile.taps = gemm.taps;
    tile.depth = gemm.depth;
    tile.b = gemm.b + gemm.taps * gemm.depth * column;
    tile.bias = gemm.bias == nullptr ? nullptr : gemm.bias + column;
    tile.residual_stride = gemm.residual_stride;
    tile.c_stride = gemm.c_stride;
    tile.columns = static_cast<int>(std::min<int64_t>(vectors * panels.lanes, gemm.columns - column));
    tile.factor = gemm.factor;
    tile.activation = gemm.activation;
    // Tiles of nearly equal height, the taller ones first: a last tile of one row would run at a fraction of
    // the speed.
    const int64_t most = gemm.kernel.max_rows[vectors - 1], tiles = (row_count + most - 1) / most;
    for (int64_t row = 0, i = 0; i < tiles;) {
      const int64_t height = (row_count - row + tiles - i - 1) / (tiles - i);
      const int64_t count = row == 0 && row_count % tiles != 0 ? row_count % tiles : tiles - i;
      tile.rows = rows + row;
      tile.c = gemm.c + (first_row + row) * gemm.c_stride + column;
      tile.residual = gemm.residual == nullptr
                          ? nullptr
                          : gemm.residual + (first_row + row) * gemm.residual_stride + column;
      gemm.kernel.run(static_cast<int>(height), vectors, count, tile);
      row += count * height;
      i += count;
    }
  }
}

}  // namespace kompakt
