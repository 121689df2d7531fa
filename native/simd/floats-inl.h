// Tails of float32 vectors, and reductions in a fixed order. Included once in a translation unit, after a
// vec_*.h and inside the tier region. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "native/simd/vec.h"

namespace kompakt::simd {
namespace {

// kLanes elements, or the `count` that are left and zeros.
KPT_VEC F32 LoadSome(const float* p, int64_t count) {
  return count >= kLanes ? Load(p) : LoadFirst(p, static_cast<int>(count));
}

KPT_VEC void StoreSome(float* p, F32 v, int64_t count) {
  if (count >= kLanes) return Store(p, v);
  StoreFirst(p, v, static_cast<int>(count));
}

// Element r of a row goes to partial r % kPartials, whatever the width of a vector.
constexpr int kPartials = 16;

// Partials kWidth apart are combined, then those half as far.
template <typename Op, int kWidth>
KPT_VEC F32 CombinePartials(F32* partial) {
  if constexpr (kWidth >= kLanes) {
    constexpr int kVectors = kWidth / kLanes;
    for (int v = 0; v < kVectors; ++v) partial[v] = Op::Combine(partial[v], partial[v + kVectors]);
  } else {
    partial[0] = Op::Combine(partial[0], LanesDown<kWidth>(partial[0]));
  }
  if constexpr (kWidth > 1) return CombinePartials<Op, kWidth / 2>(partial);
  return partial[0];
}

// Op has Init(), Value(x, argument) and Combine(partial, value). Partials are combined as a tree: 8 apart, 4,
// 2, 1. Where any order gives the same (kChains > 1) a value need not wait for the one before.
template <typename Op>
[[maybe_unused]] static float ReduceRow(const float* x, int64_t count, float argument) {
  constexpr int kVectors = kPartials / kLanes, kAll = kVectors * Op::kChains;
  const F32 arg = Set(argument);
  F32 partial[kAll];
  for (int v = 0; v < kAll; ++v) partial[v] = Op::Init();
  int64_t i = 0;
  if constexpr (Op::kChains > 1) {
    for (; i + kAll * kLanes <= count; i += kAll * kLanes)
      for (int v = 0; v < kAll; ++v)
        partial[v] = Op::Combine(partial[v], Op::Value(Load(x + i + v * kLanes), arg));
    for (int v = kVectors; v < kAll; ++v)
      partial[v % kVectors] = Op::Combine(partial[v % kVectors], partial[v]);
  }
  for (; i + kPartials <= count; i += kPartials)
    for (int v = 0; v < kVectors; ++v)
      partial[v] = Op::Combine(partial[v], Op::Value(Load(x + i + v * kLanes), arg));
  if (i < count) {
    float rest[kPartials] = {}, parts[kPartials], updated[kPartials];
    __builtin_memcpy(rest, x + i, static_cast<size_t>(count - i) * sizeof(float));
    for (int v = 0; v < kVectors; ++v) {
      Store(parts + v * kLanes, partial[v]);
      Store(updated + v * kLanes, Op::Combine(partial[v], Op::Value(Load(rest + v * kLanes), arg)));
    }
    __builtin_memcpy(parts, updated, static_cast<size_t>(count - i) * sizeof(float));
    for (int v = 0; v < kVectors; ++v) partial[v] = Load(parts + v * kLanes);
  }
  float all[kLanes];
  Store(all, CombinePartials<Op, kPartials / 2>(partial));
  return all[0];
}

// The same over kLanes (or `left`) columns of a matrix, in order of the rows.
template <typename Op>
KPT_VEC F32 ReduceColumns(const float* x, int64_t rows, int64_t stride, int64_t left, F32 argument) {
  F32 all = Op::Init();
  for (int64_t r = 0; r < rows; ++r)
    all = Op::Combine(all, Op::Value(LoadSome(x + r * stride, left), argument));
  return all;
}

struct RowSum {
  static constexpr int kChains = 1;
  KPT_VEC F32 Init() { return Set(0.0f); }
  KPT_VEC F32 Value(F32 x, F32) { return x; }
  KPT_VEC F32 Combine(F32 a, F32 b) { return Add(a, b); }
};

// NaN wins. Whether the new value is NaN can be asked while the partial is still being made.
struct RowMax {
  static constexpr int kChains = 4;
  KPT_VEC F32 Init() { return Set(-__builtin_inff()); }
  KPT_VEC F32 Value(F32 x, F32) { return x; }
  KPT_VEC F32 Combine(F32 a, F32 b) { return Select(IsNan(b), b, Max(b, a)); }
};

}  // namespace
}  // namespace kompakt::simd
