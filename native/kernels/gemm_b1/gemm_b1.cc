// gemm_b1: the table of kernels, choice of one, panels and packing.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/gemm_b1/gemm_b1.h"

#include <algorithm>

namespace kompakt {

#define KERNEL(tier, function, ...) void function(const GemmB1Block& block);
#include "native/kernels/gemm_b1/kernels.inc"
#undef KERNEL

namespace {

/// [k / 4][column][k % 4]: 32 bits of one column are one lane.
size_t OffsetK4(int k, int column, int width, int /*tap_bytes*/) {
  return (static_cast<size_t>(k / 4) * width + column) * 4 + k % 4;
}

#if KPT_ARM64
/// [k / 16][column][k % 16]: 128 bits of one column are one register. Eight bytes left over: [column][k % 8].
size_t OffsetK16(int k, int column, int width, int tap_bytes) {
  const int whole = tap_bytes / 16 * 16;
  if (k >= whole) return static_cast<size_t>(whole) * width + static_cast<size_t>(column) * 8 + k % 8;
  return (static_cast<size_t>(k / 16) * width + column) * 16 + k % 16;
}
#endif

constexpr GemmB1Kernel kKernels[] = {
#define KERNEL(tier, function, name, unit, max_units, k_group, offset) \
  {tier, name, unit, max_units, k_group, offset, function},
#include "native/kernels/gemm_b1/kernels.inc"
#undef KERNEL
};
constexpr size_t kCount = sizeof(kKernels) / sizeof(kKernels[0]);

}  // namespace

const GemmB1Kernel* GemmB1Kernels(size_t* count) {
  *count = kCount;
  return kKernels;
}

const GemmB1Kernel& ChooseGemmB1() {
  for (const GemmB1Kernel& kernel : kKernels)
    if (HasTier(kernel.tier)) return kernel;
  return kKernels[kCount - 1];
}

size_t GemmB1PackedBytes(const GemmPanels& panels, int taps, int tap_bytes) {
  return static_cast<size_t>(panels.units * panels.unit) * static_cast<size_t>(taps) *
         static_cast<size_t>(tap_bytes);
}

const uint8_t* GemmB1Panel(const GemmPanels& panels, int taps, int tap_bytes, const uint8_t* packed,
                           int64_t panel) {
  return packed + static_cast<size_t>(panels.Begin(panel)) * static_cast<size_t>(taps) *
                      static_cast<size_t>(tap_bytes);
}

void PackGemmB1(const GemmB1Kernel& kernel, const GemmPanels& panels, int taps, int bytes, int tap_bytes,
                const uint8_t* w, uint8_t* packed) {
  uint8_t* out = packed;  // panels lie one after another
  for (int64_t panel = 0; panel < panels.count; ++panel) {
    const int width = panels.Width(panel), columns = panels.Columns(panel);
    for (int t = 0; t < taps; ++t, out += static_cast<size_t>(width) * static_cast<size_t>(tap_bytes))
      for (int column = 0; column < columns; ++column) {
        const uint8_t* tap = w + ((panels.Begin(panel) + column) * taps + t) * bytes;
        for (int k = 0; k < bytes; ++k) out[kernel.offset(k, column, width, tap_bytes)] = tap[k];
      }
  }
}

}  // namespace kompakt
