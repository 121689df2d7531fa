// gemm_s8: u8 activations x s8 weights -> s32, stored so or as u8 or f32, one panel of columns at a time.
// Convolutions, matrix products and fully connected layers are all this kernel: row m of A is a set of `taps`
// runs of elements that begin at a + row_offsets[m] + tap_offsets[t], so no im2col is ever written.
//
//             columns of the panel (units * unit)
//            +-------------------------------+
//   row m    |  acc[m][n] = bias[n] + row_bias[m] + sum over taps t, k < tap_bytes of
//            |        (A[m][t][k] - a_offset) * B[t][k][n]
//            +-------------------------------+
//   u8:  y = clamp(roundHalfEven(acc * scale[n]) + zero, lo, hi)     (requantize.h)
//   f32: y = float(acc) * scale[n]
//   s32: y = acc
//
// Weights are packed for one kernel with PackGemmS8 and are zero where k >= tap_bytes or n >= N, so a tap may
// be read past its end (less than kReadPadding bytes): the garbage meets zeros. SPDX-License-Identifier:
// Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>

#include "native/cpu/tier.h"
#include "native/kernels/gemm_panels/gemm_panels.h"
#include "native/kernels/requantize/requantize.h"

namespace kompakt {

/// One call: `rows` rows by one panel.
struct GemmS8Block {
  const void* a;               // bytes, or words (GemmS8Kernel::widen)
  const int32_t* row_offsets;  // [rows], elements of A
  const int32_t* tap_offsets;  // [taps], elements of A
  int64_t rows;
  int taps;
  int tap_bytes;        // k of one tap, not padded
  const int8_t* b;      // the packed panel
  const int8_t* next;   // the one that comes after it, for x86 to fetch into the cache, or null
  const int32_t* bias;  // [panel width], zero points folded (see FoldBias); as scale, read in whole vectors
  const int32_t* row_bias;  // [rows] or null
  const float* scale;       // [panel width]; not read for s32
  bool small_sums;          // every accumulator and scale as kSmallSum wants them: lets x86 finish faster
  OutputKind output;
  void* y;            // of that kind
  int64_t y_stride;   // elements between rows
  int columns;        // valid columns of the panel; the others are computed and not stored
  OutputRange range;  // u8 only; requires every scale in [0, kMaxFastScale)
};

/// The weights w[column * n_stride + k * k_stride] of one tap of a panel `width` columns wide, of which
/// `columns` are there.
struct GemmS8Tap {
  const int8_t* w;
  int64_t n_stride, k_stride;
  int columns, width, bytes;
};

struct GemmS8Kernel {
  Tier tier;
  const char* name;
  /// Columns of one vector, and the most vectors in a panel.
  int unit;
  int max_units;
  /// Taps are padded in B to a multiple of this.
  int k_group;
  /// 0, or, of a kernel for some shapes only, what finishing a column takes more than elsewhere, in products.
  int finish;
  /// What the kernel subtracts from every byte of A while it loads it (0, or 128 where products are s8 x s8).
  int a_offset;
  /// The least weight it takes: -128 or -127. Callers write others as a sum of two, as further taps.
  int min_weight;
  /// Takes only weights of which every 255 * (w[2i] + w[2i+1]) fits 16 bits.
  bool needs_pairs;
  /// Byte offset of weight (k, column) inside one packed tap of a panel `width` columns wide.
  size_t (*offset)(int k, int column, int width);
  /// Writes all weights of a tap to their offsets.
  void (*pack)(const GemmS8Tap& tap, int8_t* out);
  /// Null, or makes `count` words of bytes, in which the kernel wants A: callers with more than one panel or
  /// with taps that overlap widen their rows once.
  void (*widen)(const uint8_t* bytes, int64_t count, uint16_t* words);
  void (*run)(const GemmS8Block& block);

  /// A from element `at` on, of bytes and of the words made of them.
  const void* A(const uint8_t* bytes, const uint16_t* words, int64_t at) const {
    return widen == nullptr ? static_cast<const void*>(bytes + at) : words + at;
  }
};

/// All kernels compiled for this architecture, best first; the last is the reference. Check HasTier before
/// use.
const GemmS8Kernel* GemmS8Kernels(size_t* count);
/// The best kernel that this CPU supports for weights of which it is known, or not, that `pairs_fit`.
const GemmS8Kernel& ChooseGemmS8(bool pairs_fit);
/// The same for weights of a shape: the one of that tier with the least products, padding and all.
const GemmS8Kernel& ChooseGemmS8(bool pairs_fit, int64_t columns, int taps, int tap_bytes);

/// Bytes of one tap of one unit of columns, and of all packed weights.
size_t GemmS8TapBytes(const GemmS8Kernel& kernel, int tap_bytes);
size_t GemmS8PackedBytes(const GemmS8Kernel& kernel, const GemmPanels& panels, int taps, int tap_bytes);

/// Packs weights w[n * n_stride + t * tap_stride + k * k_stride] into zeroed `packed`.
void PackGemmS8(const GemmS8Kernel& kernel, const GemmPanels& panels, int taps, int tap_bytes,
                const int8_t* w, int64_t n_stride, int64_t tap_stride, int64_t k_stride, int8_t* packed);

/// The panel's weights inside `packed`.
const int8_t* GemmS8Panel(const GemmS8Kernel& kernel, const GemmPanels& panels, int taps, int tap_bytes,
                          const int8_t* packed, int64_t panel);

}  // namespace kompakt
