// reduce_f32 for the vectors of the including file.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/reduce_f32/reduce_f32.h"
#include "native/simd/floats-inl.h"
#include "native/simd/math-inl.h"

namespace kompakt {
namespace {
namespace reduce_inl {

using namespace simd;

struct MinOp {
  static constexpr int kChains = 4;
  KPT_VEC F32 Init() { return Set(__builtin_inff()); }
  KPT_VEC F32 Value(F32 x, F32) { return x; }
  KPT_VEC F32 Combine(F32 a, F32 b) { return Select(IsNan(b), b, Min(b, a)); }
};
struct ProductOp {
  static constexpr int kChains = 1;
  KPT_VEC F32 Init() { return Set(1.0f); }
  KPT_VEC F32 Value(F32 x, F32) { return x; }
  KPT_VEC F32 Combine(F32 a, F32 b) { return Mul(a, b); }
};
struct AbsOp : RowSum {
  KPT_VEC F32 Value(F32 x, F32) { return Abs(x); }
};
struct SquareOp : RowSum {
  KPT_VEC F32 Value(F32 x, F32) { return Mul(x, x); }
};
struct ExpOp : RowSum {
  KPT_VEC F32 Value(F32 x, F32 shift) { return Exp(Sub(x, shift)); }
};

// One row of `count`, or `width` columns of `count` rows: the two ways in which the kinds below are reduced.
struct Row {
  const float* x;
  int64_t count;
  template <typename Op>
  KPT_VEC F32 Reduce(const Row& row, F32 argument) {
    float lanes[kLanes];
    Store(lanes, argument);
    return Set(ReduceRow<Op>(row.x, row.count, lanes[0]));
  }
};
struct Columns {
  const float* x;
  int64_t count;
  int64_t stride;
  int64_t left;
  template <typename Op>
  KPT_VEC F32 Reduce(const Columns& columns, F32 argument) {
    return ReduceColumns<Op>(columns.x, columns.count, columns.stride, columns.left, argument);
  }
};

template <typename Source>
KPT_VEC F32 LogSumExp(const Source& source) {
  const F32 max = Source::template Reduce<RowMax>(source, Set(0.0f));
  // An infinite maximum would make infinity - infinity of itself.
  const F32 shift = Select(Lt(Abs(max), Set(__builtin_inff())), max, Set(0.0f));
  return Add(Log(Source::template Reduce<ExpOp>(source, shift)), shift);
}

template <typename Source>
[[maybe_unused]] static F32 Reduce(ReduceKind kind, const Source& source) {
  const F32 none = Set(0.0f);
  switch (kind) {
    case ReduceKind::kSum:
      return Source::template Reduce<RowSum>(source, none);
    case ReduceKind::kMean:
      return Div(Source::template Reduce<RowSum>(source, none), Set(static_cast<float>(source.count)));
    case ReduceKind::kMax:
      return Source::template Reduce<RowMax>(source, none);
    case ReduceKind::kMin:
      return Source::template Reduce<MinOp>(source, none);
    case ReduceKind::kProd:
      return Source::template Reduce<ProductOp>(source, none);
    case ReduceKind::kL1:
      return Source::template Reduce<AbsOp>(source, none);
    case ReduceKind::kL2:
      return Sqrt(Source::template Reduce<SquareOp>(source, none));
    case ReduceKind::kSumSquare:
      return Source::template Reduce<SquareOp>(source, none);
    case ReduceKind::kLogSumExp:
      return LogSumExp(source);
  }
  return none;
}

static void RunRow(ReduceKind kind, const float* x, int64_t count, float* y) {
  StoreSome(y, Reduce(kind, Row{x, count}), 1);
}

static void RunColumns(ReduceKind kind, const float* x, int64_t rows, int64_t stride, float* y,
                       int64_t width) {
  for (int64_t c = 0; c < width; c += kLanes)
    StoreSome(y + c, Reduce(kind, Columns{x + c, rows, stride, width - c}), width - c);
}

}  // namespace reduce_inl
}  // namespace
}  // namespace kompakt
