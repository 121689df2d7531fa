// softmax_f32 for the vectors of the including file.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/softmax_f32/softmax_f32.h"
#include "native/simd/floats-inl.h"
#include "native/simd/math-inl.h"

namespace kompakt {
namespace {
namespace softmax_inl {

using namespace simd;

struct SumExp : RowSum {
  KPT_VEC F32 Value(F32 x, F32 max) { return Exp(Sub(x, max)); }
};

/// The largest number. NaN is left out: it comes back with the sum.
struct LargestNumber {
  KPT_VEC F32 Combine(F32 a, F32 b) { return Max(b, a); }
};

/// kLanes elements, or those that are left and -infinity, whose e^x is 0.
KPT_VEC F32 LoadOrNothing(const float* x, int64_t left) {
  if (left >= kLanes) return Load(x);
  return LoadFirstOr(x, static_cast<int>(left), Set(-__builtin_inff()));
}

constexpr int kVectors = kPartials / kLanes;

KPT_VEC float First(F32 v) {
  float lanes[kLanes];
  Store(lanes, v);
  return lanes[0];
}

/// The largest number of each of kRows rows of `count`.
template <int kRows>
KPT_VEC void Largest(const float* x, int64_t count, float* largest) {
  F32 max[kRows][kVectors];
  for (int r = 0; r < kRows; ++r)
    for (int v = 0; v < kVectors; ++v) max[r][v] = Set(-__builtin_inff());
  int64_t i = 0;
  for (; i + kPartials <= count; i += kPartials)
    for (int r = 0; r < kRows; ++r)
      for (int v = 0; v < kVectors; ++v)
        max[r][v] = LargestNumber::Combine(max[r][v], Load(x + r * count + i + v * kLanes));
  for (; i < count; i += kLanes)
    for (int r = 0; r < kRows; ++r)
      max[r][0] = LargestNumber::Combine(max[r][0], LoadOrNothing(x + r * count + i, count - i));
  for (int r = 0; r < kRows; ++r) largest[r] = First(CombinePartials<LargestNumber, kPartials / 2>(max[r]));
}

/// Each step of a row waits for the one before: those of several rows are done in turn. Powers are summed as
/// ReduceRow<RowSum> sums them.
template <int kRows>
static void Softmax(const float* x, float* y, int64_t count) {
  float largest[kRows];
  Largest<kRows>(x, count, largest);
  F32 max[kRows], sums[kRows][kVectors];
  for (int r = 0; r < kRows; ++r) {
    max[r] = Set(largest[r]);
    for (int v = 0; v < kVectors; ++v) sums[r][v] = Set(0.0f);
  }
  int64_t i = 0;
  for (; i + kPartials <= count; i += kPartials)
    for (int v = 0; v < kVectors; ++v)
      for (int r = 0; r < kRows; ++r) {
        const int64_t at = r * count + i + v * kLanes;
        const F32 power = Exp(Sub(Load(x + at), max[r]));
        Store(y + at, power);
        sums[r][v] = Add(sums[r][v], power);
      }
  for (int v = 0; v < kVectors; ++v) {
    const int64_t left = count - i - v * kLanes;
    if (left <= 0) break;
    for (int r = 0; r < kRows; ++r) {
      const int64_t at = r * count + i + v * kLanes;
      const F32 power = Exp(Sub(LoadOrNothing(x + at, left), max[r]));
      StoreSome(y + at, power, left);
      sums[r][v] = Add(sums[r][v], power);
    }
  }
  F32 sum[kRows];
  for (int r = 0; r < kRows; ++r) sum[r] = Set(First(CombinePartials<RowSum, kPartials / 2>(sums[r])));
  for (i = 0; i < count; i += kLanes)
    for (int r = 0; r < kRows; ++r) {
      float* at = y + r * count + i;
      StoreSome(at, Div(LoadSome(at, count - i), sum[r]), count - i);
    }
}

static void LogSoftmax(const float* x, float* y, int64_t count) {
  float largest;
  Largest<1>(x, count, &largest);
  const F32 max = Set(largest), log_sum = Log(Set(ReduceRow<SumExp>(x, count, largest)));
  for (int64_t i = 0; i < count; i += kLanes)
    StoreSome(y + i, Sub(Sub(LoadSome(x + i, count - i), max), log_sum), count - i);
}

static void RunRows(bool log, const float* x, float* y, int64_t rows, int64_t count) {
  /// As many as registers hold, and rows that stay in the first cache level.
  constexpr int kTogether = kLanes >= 16 ? 4 : kLanes > 1 ? 2 : 1;
  constexpr int64_t kLongRow = 1024;
  int64_t r = 0;
  for (; !log && count <= kLongRow && r + kTogether <= rows; r += kTogether)
    Softmax<kTogether>(x + r * count, y + r * count, count);
  for (; r < rows; ++r)
    if (log)
      LogSoftmax(x + r * count, y + r * count, count);
    else
      Softmax<1>(x + r * count, y + r * count, count);
}

static void RunColumns(bool log, const float* x, float* y, int64_t rows, int64_t stride, int64_t width) {
  for (int64_t c = 0; c < width; c += kLanes) {
    const int64_t left = width - c;
    const F32 max = ReduceColumns<RowMax>(x + c, rows, stride, left, Set(0.0f));
    F32 sum = Set(0.0f);
    for (int64_t r = 0; r < rows; ++r) {
      const F32 shifted = Sub(LoadSome(x + c + r * stride, left), max);
      const F32 power = Exp(shifted);
      sum = Add(sum, power);
      StoreSome(y + c + r * stride, log ? shifted : power, left);
    }
    const F32 log_sum = Log(sum);
    for (int64_t r = 0; r < rows; ++r) {
      const F32 v = LoadSome(y + c + r * stride, left);
      StoreSome(y + c + r * stride, log ? Sub(v, log_sum) : Div(v, sum), left);
    }
  }
}

}  // namespace softmax_inl
}  // namespace
}  // namespace kompakt
