// simd/dot: what chains of multiply-adds need besides simd/vec, on AVX2 with FMA.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "native/base/check.h"
#include "native/simd/vec_avx2.h"

KPT_TIER_BEGIN_AVX2
namespace kompakt::simd {
namespace {

/// Steps of k that one pass of a tile's inner loop takes.
[[maybe_unused]] constexpr int kDepthStep = 1;
/// Neighbouring outputs that a depthwise kernel computes at a time.
[[maybe_unused]] constexpr int kPixels = 4;
/// Keeps an accumulator in a register between the loop and the epilogue: g++ 12 otherwise spills inside the
/// loop.
KPT_VEC void Pin(F32& x) { asm volatile("" : "+x"(x)); }
/// kDepthStep values of one row of A.
using RowStep = const float*;
KPT_VEC RowStep LoadRow(const float* p) { return p; }
/// acc[j] += a[kk] * b[j].
template <int kVectors>
KPT_VEC void FmaRow(F32* acc, const F32* b, RowStep a, int kk) {
  const F32 value = Set(a[kk]);
  KPT_UNROLL
  for (int j = 0; j < kVectors; ++j) acc[j] = Fma(value, b[j], acc[j]);
}

}  // namespace
}  // namespace kompakt::simd
KPT_TIER_END
