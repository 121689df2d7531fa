// GemmF32Loop: cuts a product into pieces for the thread pool and runs the activation that the kernel cannot
// fuse. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>

#include "native/kernels/gemm_f32/gemm_f32.h"

namespace kompakt {

/// Rows [first_row, first_row + row_count) of panels [first_panel, last_panel).
struct GemmF32Piece {
  int64_t first_row, row_count, first_panel, last_panel;
};

class GemmF32Loop {
 public:
  GemmF32Loop() = default;
  /// `row_bytes`: what one row of A takes in cache.
  GemmF32Loop(int64_t rows, int64_t row_bytes, const GemmF32Panels& panels, int threads) : rows_(rows) {
    // All rows of a piece meet one panel before the next: the piece should stay in the second-level cache,
    // and be tall enough for its panel to be worth loading.
    constexpr int64_t kPieceBytes = 128 << 10, kFewestRows = 96, kMostRows = 480;
    const int64_t fit =
        std::min(std::max(kPieceBytes / std::max<int64_t>(row_bytes, 1), kFewestRows), kMostRows);
    row_cuts_ = (rows + fit - 1) / fit;
    panels_ = panels.count();
    if (threads > 1 && row_cuts_ > 0) {
      // Cutting panels leaves every weight to one thread, so that is done before rows become few.
      constexpr int64_t kPiecesPerThread = 4, kSmallestRows = 24;
      const int64_t pieces = threads * kPiecesPerThread;
      panel_cuts_ =
          std::min(std::max<int64_t>((pieces + row_cuts_ - 1) / row_cuts_, 1), std::max<int64_t>(panels_, 1));
      const int64_t more = (pieces + panel_cuts_ - 1) / panel_cuts_;
      row_cuts_ = std::max(row_cuts_, std::min(more, (rows + kSmallestRows - 1) / kSmallestRows));
    }
    most_rows_ = row_cuts_ == 0 ? 0 : (rows + row_cuts_ - 1) / row_cuts_;
  }

  int64_t pieces() const { return row_cuts_ * panel_cuts_; }
  /// Most rows of a piece.
  int64_t most_rows() const { return most_rows_; }

  /// Piece i; pieces that share rows are neighbours.
  GemmF32Piece piece(int64_t i) const {
    const int64_t r = i / panel_cuts_, p = i % panel_cuts_;
    const int64_t first_row = rows_ * r / row_cuts_;
    return {first_row, rows_ * (r + 1) / row_cuts_ - first_row, panels_ * p / panel_cuts_,
            panels_ * (p + 1) / panel_cuts_};
  }

 private:
  int64_t rows_ = 0, panels_ = 0;
  int64_t row_cuts_ = 0, panel_cuts_ = 1, most_rows_ = 0;
};

/// Runs a piece of `gemm`, whose activation may be of any kind.
inline void RunPiece(const GemmF32& gemm, UnaryOp activation, const GemmF32Piece& piece,
                     const float* const* rows, int64_t tap_stride) {
  RunGemmF32(gemm, rows, tap_stride, piece.first_row, piece.row_count, piece.first_panel, piece.last_panel);
  if (IsInlineActivation(activation.kind)) return;
  const int64_t panel_columns = gemm.panels.vectors * gemm.panels.lanes;
  const int64_t first = piece.first_panel * panel_columns;
  const int64_t count = std::min(piece.last_panel * panel_columns, gemm.columns) - first;
  float* c = gemm.c + piece.first_row * gemm.c_stride + first;
  if (count == gemm.c_stride) return UnaryF32(activation, c, c, count * piece.row_count);
  for (int64_t r = 0; r < piece.row_count; ++r, c += gemm.c_stride) UnaryF32(activation, c, c, count);
}

/// The part of `activation` that the kernel fuses.
inline UnaryOp InlinePart(UnaryOp activation) {
  return IsInlineActivation(activation.kind) ? activation : UnaryOp{};
}

}  // namespace kompakt
