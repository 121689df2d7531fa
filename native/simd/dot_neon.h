// simd/dot: what chains of multiply-adds need besides simd/vec, on Advanced SIMD.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "native/base/check.h"
#include "native/simd/vec_neon.h"

namespace kompakt::simd {
namespace {

/// Steps of k that one pass of a tile's inner loop takes.
[[maybe_unused]] constexpr int kDepthStep = 4;
/// Neighbouring outputs that a depthwise kernel computes at a time.
[[maybe_unused]] constexpr int kPixels = 8;
/// Keeps an accumulator in a register between the loop and the epilogue.
KPT_VEC void Pin(F32& x) { asm volatile("" : "+w"(x)); }
/// kDepthStep values of one row of A: multiplied by lane, so that four steps of k cost one load.
using RowStep = float32x4_t;
KPT_VEC RowStep LoadRow(const float* p) { return vld1q_f32(p); }
/// acc[j] += a[kk] * b[j]. kk is a constant where this is inlined.
template <int kVectors>
KPT_VEC void FmaRow(F32* acc, const F32* b, RowStep a, int kk) {
  KPT_UNROLL
  for (int j = 0; j < kVectors; ++j) {
    if (kk == 0) acc[j] = vfmaq_laneq_f32(acc[j], b[j], a, 0);
    if (kk == 1) acc[j] = vfmaq_laneq_f32(acc[j], b[j], a, 1);
    if (kk == 2) acc[j] = vfmaq_laneq_f32(acc[j], b[j], a, 2);
    if (kk == 3) acc[j] = vfmaq_laneq_f32(acc[j], b[j], a, 3);
  }
}

}  // namespace
}  // namespace kompakt::simd
