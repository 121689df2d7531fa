// Step cumulate: running sums or products along the middle of [outer, n, inner], of floats in double
// precision and of integers in their low bits. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <type_traits>

#include "native/ops/checks.h"

namespace kompakt {
namespace {

/// Lines that are walked side by side, so that one sum need not wait for another; columns at a time.
constexpr int64_t kLines = 4, kColumns = 64;

struct Plus {
  static constexpr int kNeutral = 0;
  template <typename T>
  static T Of(T a, T b) {
    return a + b;
  }
};
struct Times {
  static constexpr int kNeutral = 1;
  template <typename T>
  static T Of(T a, T b) {
    return a * b;
  }
};

template <typename T, typename Op, bool kExclusive>
class CumulateStep : public Step {
 public:
  CumulateStep(const ReduceDims& dims, bool reverse, const StepSpec& spec)
      : dims_(dims),
        // From one element of a line to the next, and where its first is.
        stride_(reverse ? -dims.inner : dims.inner),
        first_(reverse ? (dims.reduced - 1) * dims.inner : 0),
        x_(spec.in(0)->as<T>()),
        y_(spec.out().as<T>()) {}

  void Run(const RunContext& context) override {
    const int64_t line = dims_.reduced * dims_.inner;
    if (dims_.inner == 1) {
      context.pool->ParallelFor(dims_.outer, GrainOf(line), [&](int64_t begin, int64_t end, int) {
        int64_t i = begin;
        for (; i + kLines <= end; i += kLines) Walk<kLines>(i * line, line);
        for (; i < end; ++i) Walk<1>(i * line, line);
      });
      return;
    }
    const int64_t blocks = (dims_.inner + kColumns - 1) / kColumns;
    const int64_t work = dims_.reduced * std::min(dims_.inner, kColumns);
    context.pool->ParallelFor(dims_.outer * blocks, GrainOf(work), [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t column = i % blocks * kColumns;
        Columns(i / blocks * line + column, std::min(kColumns, dims_.inner - column));
      }
    });
  }

 private:
  using Total = std::conditional_t<std::is_same_v<T, float>, double,
                                   std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>>;

  /// Puts the next value behind `total`.
  static void Next(T x, Total* total, T* y) {
    const Total before = *total;
    *total = Op::Of(before, static_cast<Total>(x));
    *y = static_cast<T>(kExclusive ? before : *total);
  }

  /// Lines that begin at `start` and then `distance` apart.
  template <int64_t kCount>
  void Walk(int64_t start, int64_t distance) const {
    Total totals[kCount];
    std::fill(totals, totals + kCount, static_cast<Total>(Op::kNeutral));
    int64_t at = start + first_;
    for (int64_t i = 0; i < dims_.reduced; ++i, at += stride_)
      for (int64_t l = 0; l < kCount; ++l) Next(x_[at + l * distance], totals + l, y_ + at + l * distance);
  }

  void Columns(int64_t start, int64_t count) const {
    Total totals[kColumns];
    std::fill(totals, totals + count, static_cast<Total>(Op::kNeutral));
    int64_t at = start + first_;
    for (int64_t i = 0; i < dims_.reduced; ++i, at += stride_) {
      const T* x = x_ + at;
      T* y = y_ + at;
      for (int64_t c = 0; c < count; ++c) Next(x[c], totals + c, y + c);
    }
  }

  ReduceDims dims_;
  int64_t stride_, first_;
  const T* x_;
  T* y_;
};

template <typename T, typename Op>
Status MakeOf(const StepSpec& spec, const ReduceDims& dims, std::unique_ptr<Step>* out) {
  int64_t exclusive = 0, reverse = 0;
  KPT_RETURN_IF_ERROR(spec.params.Int("exclusive", &exclusive));
  KPT_RETURN_IF_ERROR(spec.params.Int("reverse", &reverse));
  if (exclusive != 0)
    *out = std::make_unique<CumulateStep<T, Op, true>>(dims, reverse != 0, spec);
  else
    *out = std::make_unique<CumulateStep<T, Op, false>>(dims, reverse != 0, spec);
  return Status::Ok();
}

}  // namespace

Status MakeCumulate(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(1, 1, 1));
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(), spec.in(0)->dtype));
  KPT_RETURN_IF_ERROR(CheckSameSize(spec, *spec.in(0), spec.out()));
  ReduceDims dims;
  KPT_RETURN_IF_ERROR(ReadReduceDims(spec, *spec.in(0), &dims));
  std::string op;
  KPT_RETURN_IF_ERROR(spec.params.Text("op", &op));
  return ForNumberType(spec, spec.in(0)->dtype, [&](auto tag) {
    using T = typename decltype(tag)::Type;
    if (op == "sum") return MakeOf<T, Plus>(spec, dims, out);
    if (op == "prod") return MakeOf<T, Times>(spec, dims, out);
    return spec.Fail("unknown operation '" + op + "'");
  });
}

}  // namespace kompakt
