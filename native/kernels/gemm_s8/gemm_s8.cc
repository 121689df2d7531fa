// gemm_s8: the table of kernels, choice of one, panels and packing.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/gemm_s8/gemm_s8.h"

#include <algorithm>
#include <cstring>

namespace kompakt {

#define KERNEL(tier, function, ...) void function(const GemmS8Block& block);
#include "native/kernels/gemm_s8/kernels.inc"
#undef KERNEL
void GemmS8WidenAvx2(const uint8_t* bytes, int64_t count, uint16_t* words);

namespace {

// Orders of the weights of a tap: where (k, column) lies in a panel `width` columns wide, and how many
// neighbouring k lie together there.

// PackRows packs kTogether neighbouring k that lie in rows, the columns of each one behind the other. Written
// so that compilers make vector instructions of it: matrix products of activations pack in every run.

/// [k / 4][column][k % 4]: four products of one column are one lane of a dot product instruction.
struct OrderK4 {
  static constexpr int kTogether = 4;
  static size_t At(int k, int column, int width) {
    return (static_cast<size_t>(k / 4) * width + column) * 4 + k % 4;
  }
  static void PackRows(const int8_t* __restrict w, int64_t stride, int k, int columns, int width,
                       int8_t* __restrict out) {
    int8_t* __restrict to = out + At(k, 0, width);
    const int8_t *r0 = w, *r1 = w + stride, *r2 = w + 2 * stride, *r3 = w + 3 * stride;
    for (int c = 0; c < columns; ++c) {
      to[4 * c] = r0[c];
      to[4 * c + 1] = r1[c];
      to[4 * c + 2] = r2[c];
      to[4 * c + 3] = r3[c];
    }
  }
};

#if KPT_X86_64
/// [k / 8][column][k % 8]: two such lanes.
struct OrderK8 {
  static constexpr int kTogether = 8;
  static size_t At(int k, int column, int width) {
    return (static_cast<size_t>(k / 8) * width + column) * 8 + k % 8;
  }
  static void PackRows(const int8_t* __restrict w, int64_t stride, int k, int columns, int width,
                       int8_t* __restrict out) {
    int8_t* __restrict to = out + At(k, 0, width);
    for (int c = 0; c < columns; ++c)
      for (int i = 0; i < 8; ++i) to[8 * c + i] = w[i * stride + c];
  }
};

/// [k / 2][column][k % 2]: two products of one column are one lane of vpmaddwd.
struct OrderK2 {
  static constexpr int kTogether = 2;
  static size_t At(int k, int column, int width) {
    return (static_cast<size_t>(k / 2) * width + column) * 2 + k % 2;
  }
  static void PackRows(const int8_t* __restrict w, int64_t stride, int k, int columns, int width,
                       int8_t* __restrict out) {
    int8_t* __restrict to = out + At(k, 0, width);
    for (int c = 0; c < columns; ++c) {
      to[2 * c] = w[c];
      to[2 * c + 1] = w[stride + c];
    }
  }
};
#endif

#if KPT_ARM64
/// Blocks of 16 k by 4 columns for gemm_s8_neon.cc, which rotates A by pairs: rotation r holds for column j
/// the pair (j + r) % 8 in its low and (j + r + 4) % 8 in its high half.
struct OrderRotatedPairs {
  static constexpr int kTogether = 2;
  static size_t At(int k, int column, int width) {
    const int pair = k % 16 / 2, j = column % 4;
    const int distance = (pair - j + 8) % 8;
    const int rotation = distance % 4, half = distance / 4;
    const size_t block = static_cast<size_t>(k / 16) * (width / 4) + column / 4;
    return block * 64 + rotation * 16 + half * 8 + j * 2 + k % 2;
  }
  static void PackRows(const int8_t* __restrict w, int64_t stride, int k, int columns, int width,
                       int8_t* __restrict out) {
    for (int j = 0; j < 4; ++j) {
      // Those of one lane lie a block apart.
      int8_t* __restrict to = out + At(k, j, width);
      for (int c = j; c < columns; c += 4, to += 64) {
        to[0] = w[c];
        to[1] = w[stride + c];
      }
    }
  }
};
#endif

template <typename Order>
void PackTap(const GemmS8Tap& tap, int8_t* out) {
  int k = 0;
  // A few columns at a time, so that their lines stay in the cache from one k to the next.
  for (int first = 0; tap.k_stride == 1 && first < tap.columns; first += 16) {
    const int last = std::min(first + 16, tap.columns);
    for (k = 0; k + Order::kTogether <= tap.bytes; k += Order::kTogether)
      for (int column = first; column < last; ++column)
        std::memcpy(out + Order::At(k, column, tap.width), tap.w + column * tap.n_stride + k,
                    Order::kTogether);
  }
  for (; tap.n_stride == 1 && k + Order::kTogether <= tap.bytes; k += Order::kTogether)
    Order::PackRows(tap.w + k * tap.k_stride, tap.k_stride, k, tap.columns, tap.width, out);
  for (; k < tap.bytes; ++k)
    for (int column = 0; column < tap.columns; ++column)
      out[Order::At(k, column, tap.width)] = tap.w[column * tap.n_stride + k * tap.k_stride];
}

constexpr GemmS8Kernel kKernels[] = {
#define KERNEL(tier, function, name, unit, max_units, k_group, finish, a_offset, min_weight, needs_pairs, \
               order, widen)                                                                              \
  {tier,       name,        unit,      max_units,      k_group, finish,  a_offset,                        \
   min_weight, needs_pairs, order::At, PackTap<order>, widen,   function},
#include "native/kernels/gemm_s8/kernels.inc"
#undef KERNEL
};
constexpr size_t kCount = sizeof(kKernels) / sizeof(kKernels[0]);

}  // namespace

const GemmS8Kernel* GemmS8Kernels(size_t* count) {
  *count = kCount;
  return kKernels;
}

const GemmS8Kernel& ChooseGemmS8(bool pairs_fit) {
  for (const GemmS8Kernel& kernel : kKernels)
    if (HasTier(kernel.tier) && (pairs_fit || !kernel.needs_pairs)) return kernel;
  return kKernels[kCount - 1];
}

const GemmS8Kernel& ChooseGemmS8(bool pairs_fit, int64_t columns, int taps, int tap_bytes) {
  const GemmS8Kernel* best = &ChooseGemmS8(pairs_fit);
  const auto products = [&](const GemmS8Kernel& kernel) {
    const int64_t padded = (columns + kernel.unit - 1) / kernel.unit;
    return padded *
           (static_cast<int64_t>(GemmS8TapBytes(kernel, tap_bytes)) * taps + kernel.finish * kernel.unit);
  };
  for (const GemmS8Kernel& kernel : kKernels)
    if (kernel.finish > 0 && kernel.tier == best->tier && products(kernel) < products(*best)) best = &kernel;
  return *best;
}

size_t GemmS8TapBytes(const GemmS8Kernel& kernel, int tap_bytes) {
  const size_t padded = static_cast<size_t>(tap_bytes + kernel.k_group - 1) / kernel.k_group * kernel.k_group;
  return padded * kernel.unit;
}

size_t GemmS8PackedBytes(const GemmS8Kernel& kernel, const GemmPanels& panels, int taps, int tap_bytes) {
  return GemmS8TapBytes(kernel, tap_bytes) * static_cast<size_t>(taps) * static_cast<size_t>(panels.units);
}

const int8_t* GemmS8Panel(const GemmS8Kernel& kernel, const GemmPanels& panels, int taps, int tap_bytes,
                          const int8_t* packed, int64_t panel) {
  return packed + GemmS8TapBytes(kernel, tap_bytes) * static_cast<size_t>(taps) *
                      static_cast<size_t>(panels.BeginUnit(panel));
}

void PackGemmS8(const GemmS8Kernel& kernel, const GemmPanels& panels, int taps, int tap_bytes,
                const int8_t* w, int64_t n_stride, int64_t tap_stride, int64_t k_stride, int8_t* packed) {
  int8_t* out = packed;  // panels lie one after another
  for (int64_t panel = 0; panel < panels.count; ++panel) {
    const int width = panels.Width(panel), columns = panels.Columns(panel);
    const size_t tap_size = GemmS8TapBytes(kernel, tap_bytes) * static_cast<size_t>(width / kernel.unit);
    for (int t = 0; t < taps; ++t, out += tap_size) {
      const int8_t* from = w + panels.Begin(panel) * n_stride + t * tap_stride;
      kernel.pack({from, n_stride, k_stride, columns, width, tap_bytes}, out);
    }
  }
}

}  // namespace kompakt
