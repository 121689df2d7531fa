// The tile of gemm_f32, for every tier: included after a vocabulary of native/simd, inside a tier region and
// a namespace.
//
// kRows x kVectors accumulators stay in registers over all of k. One step of k loads kVectors vectors of the
// panel and multiplies each by one value of every row:
//
//            b[0] b[1]         for r, j: acc[r][j] = fma(a[r], b[j], acc[r][j])
//   a[0]  [ acc  acc ]
//   a[1]  [ acc  acc ]
//   ...
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/gemm_f32/gemm_f32.h"
#include "native/kernels/unary_f32/fused_f32-inl.h"

namespace kompakt {
namespace {
namespace gemm_f32_inl {

using namespace simd;

/// Everything behind the chain over k. What `tile` says is read before the first store: a vector may alias
/// anything.
template <int kRows, int kVectors>
KPT_VEC void Finish(const GemmF32Tile& tile, F32 (*acc)[kVectors]) {
  F32* all = acc[0];
  if (tile.factor != 1.0f) {
    const F32 factor = Set(tile.factor);
    KPT_UNROLL
    for (int i = 0; i < kRows * kVectors; ++i) all[i] = Mul(all[i], factor);
  }
  if (tile.bias != nullptr) {
    KPT_UNROLL
    for (int j = 0; j < kVectors; ++j) {
      const F32 bias = Load(tile.bias + j * kLanes);
      KPT_UNROLL
      for (int r = 0; r < kRows; ++r) acc[r][j] = Add(acc[r][j], bias);
    }
  }
  if (tile.residual != nullptr) {
    KPT_UNROLL
    for (int r = 0; r < kRows; ++r) {
      KPT_UNROLL
      for (int j = 0; j < kVectors; ++j)
        acc[r][j] = Add(acc[r][j], Load(tile.residual + r * tile.residual_stride + j * kLanes));
    }
  }
  Activate<kRows * kVectors>(all, tile.activation);

  constexpr int kLast = (kVectors - 1) * kLanes;
  const int64_t c_stride = tile.c_stride;
  const int last_columns = tile.columns - kLast;
  float* c = tile.c;
  KPT_UNROLL
  for (int r = 0; r < kRows; ++r, c += c_stride) {
    KPT_UNROLL
    for (int j = 0; j + 1 < kVectors; ++j) Store(c + j * kLanes, acc[r][j]);
    StoreFirst(c + kLast, acc[r][kVectors - 1], last_columns);
  }
}

template <int kRows, int kVectors>
__attribute__((noinline)) void ComputeTiles(const GemmF32Tile& first, int64_t count) {
  constexpr int kWidth = kVectors * kLanes;
  // Whether the panels of all steps fit the 32 registers of AVX-512 beside the accumulators and one value of
  // A.
  constexpr bool kPanelsFit = kLanes != 16 || (kRows + kDepthStep) * kVectors < 32;
  // A copy, for a stored vector may alias anything.
  GemmF32Tile tile = first;
  const int64_t depth = tile.depth;
  for (; count > 0; --count) {
    F32 acc[kRows][kVectors];
    KPT_UNROLL
    for (int r = 0; r < kRows; ++r) {
      KPT_UNROLL
      for (int j = 0; j < kVectors; ++j) acc[r][j] = Set(0.0f);
    }
    const float* b = tile.b;
    const float* const* rows = tile.rows;
    for (int64_t t = 0; t < tile.taps; ++t, rows += tile.tap_stride) {
      const float* a[kRows];
      KPT_UNROLL
      for (int r = 0; r < kRows; ++r) a[r] = rows[r];
      int64_t k = 0;
      for (; k + kDepthStep <= depth; k += kDepthStep, b += kDepthStep * kWidth) {
        if constexpr (kLanes == 4 || !kPanelsFit) {
          // One load of A serves all steps (NEON).
          RowStep step[kRows];
          KPT_UNROLL
          for (int r = 0; r < kRows; ++r) step[r] = LoadRow(a[r] + k);
          KPT_UNROLL
          for (int kk = 0; kk < kDepthStep; ++kk) {
            // g++ otherwise loads the panels of all steps first, for which 32 registers are too few.
            if constexpr (kLanes == 4) asm volatile("" ::: "memory");
            F32 panel[kVectors];
            KPT_UNROLL
            for (int j = 0; j < kVectors; ++j) panel[j] = Load(b + kk * kWidth + j * kLanes);
            KPT_UNROLL
            for (int r = 0; r < kRows; ++r) FmaRow<kVectors>(acc[r], panel, step[r], kk);
          }
        } else {
          F32 panel[kDepthStep][kVectors];
          KPT_UNROLL
          for (int kk = 0; kk < kDepthStep; ++kk) {
            KPT_UNROLL
            for (int j = 0; j < kVectors; ++j) panel[kk][j] = Load(b + kk * kWidth + j * kLanes);
          }
          KPT_UNROLL
          for (int r = 0; r < kRows; ++r) {
            KPT_UNROLL
            for (int kk = 0; kk < kDepthStep; ++kk)
              FmaRow<kVectors>(acc[r], panel[kk], LoadRow(a[r] + k), kk);
          }
        }
      }
      for (; k < depth; ++k, b += kWidth) {
        F32 panel[kVectors];
        KPT_UNROLL
        for (int j = 0; j < kVectors; ++j) panel[j] = Load(b + j * kLanes);
        KPT_UNROLL
        for (int r = 0; r < kRows; ++r) {
          const F32 value = Set(a[r][k]);
          KPT_UNROLL
          for (int j = 0; j < kVectors; ++j) acc[r][j] = Fma(value, panel[j], acc[r][j]);
        }
      }
    }
    KPT_UNROLL
    for (int r = 0; r < kRows; ++r) {
      KPT_UNROLL
      for (int j = 0; j < kVectors; ++j) Pin(acc[r][j]);
    }
    Finish<kRows, kVectors>(tile, acc);
    tile.rows += kRows;
    tile.c += kRows * tile.c_stride;
    if (tile.residual != nullptr) tile.residual += kRows * tile.residual_stride;
  }
}

/// ComputeTiles<rows, kVectors> for a number of rows known only at run time.
template <int kVectors, int kMaxRows>
KPT_VEC void ComputeRows(int rows, int64_t count, const GemmF32Tile& tile) {
  if constexpr (kMaxRows > 0) {
    if (rows == kMaxRows) return ComputeTiles<kMaxRows, kVectors>(tile, count);
    ComputeRows<kVectors, kMaxRows - 1>(rows, count, tile);
  }
}

}  // namespace gemm_f32_inl
}  // namespace
}  // namespace kompakt
