// gemm_f32: C = activation(A x B * factor + bias + residual) in float32, with the rows of A found by
// pointers, so that convolutions need no copy of their input.
//
// Law (gemm_f32_reference.cc): every element is one chain of fused multiply-adds in the order of k, starting
// from 0; then
// * factor unless it is 1, + bias, + residual, activation, each rounded apart. The same bits on every tier.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>

#include "native/kernels/kernel.h"
#include "native/kernels/unary_f32/inline_activation.h"

namespace kompakt {

/// Most vectors of one panel of B, on every tier.
constexpr int kGemmF32MaxVectors = 4;
/// Most rows of one tile, on every tier.
constexpr int kGemmF32MaxRows = 12;

/// One tile of C: up to `max_rows` rows by one panel of B.
struct GemmF32Tile {
  /// k = (tap, d): row r of A at tap t starts at rows[t * tap_stride + r] and has `depth` values.
  const float* const* rows;
  int64_t tap_stride;
  int64_t taps;
  int64_t depth;
  /// The panel, [taps * depth][vectors * lanes], zero where there is no column.
  const float* b;
  /// Null, or one value per column; a whole panel may be read.
  const float* bias;
  /// Null, or a matrix like c; a whole panel may be read past its last row.
  const float* residual;
  int64_t residual_stride;
  float* c;
  int64_t c_stride;
  /// Columns to store, in (0, vectors * lanes].
  int columns;
  float factor;
  /// IsInlineActivation holds.
  UnaryOp activation;
};

/// Computes `count` tiles one below the other, of `rows` rows each, 0 < rows <= max_rows[vectors - 1], and
/// `vectors` vectors. `tile` is the first of them; the rows of the next follow in `rows`, c and residual.
using GemmF32Fn = void (*)(int rows, int vectors, int64_t count, const GemmF32Tile& tile);

struct GemmF32Kernel {
  GemmF32Fn run;
  /// Floats of a vector.
  int lanes;
  /// Rows of the largest tile with 1, 2, ... vectors; 0 where there is no such tile.
  int max_rows[kGemmF32MaxVectors];
};

KernelList<GemmF32Kernel> GemmF32Kernels();

/// How the columns of B are cut: full panels of `vectors` vectors, then one panel of `last_vectors` (0:
/// none).
struct GemmF32Panels {
  int lanes = 1;
  int vectors = 1;
  int64_t full = 0;
  int last_vectors = 0;

  int64_t count() const { return full + (last_vectors > 0 ? 1 : 0); }
  /// Columns of a packed row, padding included.
  int64_t padded_columns() const { return (full * vectors + last_vectors) * lanes; }
};

GemmF32Panels CutGemmF32(const GemmF32Kernel& kernel, int64_t columns);

/// Packs panels [first, last) of B. Element (k, n) is b[k * k_stride + n * n_stride]; `packed` has
/// depth * padded_columns() floats.
void PackGemmF32(const GemmF32Panels& panels, int64_t depth, int64_t columns, const float* b,
                 int64_t k_stride, int64_t n_stride, int64_t first, int64_t last, float* packed);

/// The same for B whose rows come in taps of `depth`: element (t, k, n) is b[offsets[t] + k * k_stride + n *
/// n_stride].
void PackGemmF32Taps(const GemmF32Panels& panels, const int64_t* offsets, int64_t taps, int64_t depth,
                     int64_t columns, const float* b, int64_t k_stride, int64_t n_stride, int64_t first,
                     int64_t last, float* packed);

/// A product with packed B. C, residual and bias belong to row 0 and column 0.
struct GemmF32 {
  GemmF32Kernel kernel;
  GemmF32Panels panels;
  int64_t columns;
  int64_t taps;
  int64_t depth;
  const float* b;
  const float* bias;
  const float* residual;
  int64_t residual_stride;
  float* c;
  int64_t c_stride;
  float factor;
  UnaryOp activation;
};

/// Computes rows [first_row, first_row + row_count) of panels [first_panel, last_panel). rows[t * tap_stride
/// + i] is row first_row + i of A at tap t.
void RunGemmF32(const GemmF32& gemm, const float* const* rows, int64_t tap_stride, int64_t first_row,
                int64_t row_count, int64_t first_panel, int64_t last_panel);

}  // namespace kompakt
