// gemm_b1: bits x bits -> thresholded bits or s32, one panel of columns at a time. A bit stands for +1 (set)
// or -1 (clear), so a product of vectors is K - 2 * popcount(a xor b). Convolutions, matrix products and
// fully connected layers are all this kernel: row m of A is a set of `taps` runs of bytes whose addresses are
// a + row_offsets[m] + tap_offsets[t].
//
//   pop[m][n] = sum over taps t of popcount(A[m][t] xor B[t][n])
//   bits: y[m][n] = pop[m][n] <= table[m][n]        the threshold is folded into the table
//   s32:  y[m][n] = table[m][n] - 2 * pop[m][n]
//
// table[m] is one row of limits (or of offsets) for all rows m, or the row at row_tables[m]: rows that see
// the border of an image count fewer products. Bits beyond `columns` come out clear: their limits are -1.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>

#include "native/cpu/tier.h"
#include "native/kernels/gemm_panels/gemm_panels.h"

namespace kompakt {

/// One call: `rows` rows by one panel.
struct GemmB1Block {
  const uint8_t* a;
  const int32_t* row_offsets;  // [rows], bytes
  const int32_t* tap_offsets;  // [taps], bytes
  int64_t rows;
  int taps;
  int tap_bytes;              // a multiple of the kernel's k_group
  const uint8_t* b;           // the packed panel
  const int32_t* table;       // [panel width]
  const int32_t* row_tables;  // [rows]: elements from `table` to the row's own; null: 0
  bool to_bits;
  void* y;           // u8 (8 columns a byte, the first in bit 0) or s32
  int64_t y_stride;  // elements between rows
  int columns;       // valid columns of the panel; the others are computed and not stored
};

struct GemmB1Kernel {
  Tier tier;
  const char* name;
  /// Columns of one unit, a multiple of 8, and the most units in a panel.
  int unit;
  int max_units;
  /// Bytes that a tap must be a multiple of.
  int k_group;
  /// Byte offset of byte k of a column inside one packed tap, `tap_bytes` long, of a panel `width` columns
  /// wide.
  size_t (*offset)(int k, int column, int width, int tap_bytes);
  void (*run)(const GemmB1Block& block);
};

/// All kernels compiled for this architecture, best first; the last is the reference. Check HasTier before
/// use.
const GemmB1Kernel* GemmB1Kernels(size_t* count);
/// The best kernel that this CPU supports.
const GemmB1Kernel& ChooseGemmB1();

size_t GemmB1PackedBytes(const GemmPanels& panels, int taps, int tap_bytes);

/// Packs w[n][t][k], `bytes` bytes a tap, into zeroed `packed`; bytes in [bytes, tap_bytes) stay zero.
void PackGemmB1(const GemmB1Kernel& kernel, const GemmPanels& panels, int taps, int bytes, int tap_bytes,
                const uint8_t* w, uint8_t* packed);

/// The panel's weights inside `packed`.
const uint8_t* GemmB1Panel(const GemmPanels& panels, int taps, int tap_bytes, const uint8_t* packed,
                           int64_t panel);

}  // namespace kompakt
