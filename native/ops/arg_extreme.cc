// Step arg_extreme: the index of the largest or smallest of n numbers, for [outer, n, inner]. Of equal ones
// it is the first, or the last. NaN is neither larger nor smaller than anything. SPDX-License-Identifier:
// Apache-2.0
#include <algorithm>

#include "native/ops/checks.h"

namespace kompakt {
namespace {

/// Columns that are searched at a time, and elements of a line.
constexpr int64_t kColumns = 64, kLanes = 16;

template <typename T, bool kLargest, bool kLast>
class ArgExtremeStep : public Step {
 public:
  ArgExtremeStep(const ReduceDims& dims, const StepSpec& spec)
      : dims_(dims), x_(spec.in(0)->as<T>()), y_(spec.out().as<int64_t>()) {}

  void Run(const RunContext& context) override {
    const int64_t blocks = (dims_.inner + kColumns - 1) / kColumns;
    const int64_t work = dims_.reduced * std::min(dims_.inner, kColumns);
    context.pool->ParallelFor(dims_.outer * blocks, GrainOf(work), [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t outer = i / blocks, first = i % blocks * kColumns;
        const T* x = x_ + outer * dims_.reduced * dims_.inner + first;
        int64_t* y = y_ + outer * dims_.inner + first;
        if (dims_.inner == 1)
          *y = Line(x);
        else
          Columns(x, std::min(kColumns, dims_.inner - first), y);
      }
    });
  }

 private:
  static bool Beats(T candidate, T now) {
    if (kLast) return kLargest ? candidate >= now : candidate <= now;
    return kLargest ? candidate > now : candidate < now;
  }

  /// Lanes begin with the first element, which loses to no NaN and, when it is one, to nothing.
  int64_t Line(const T* x) const {
    T best[kLanes];
    int64_t block[kLanes];
    std::fill(best, best + kLanes, x[0]);
    std::fill(block, block + kLanes, -1);
    const int64_t blocks = dims_.reduced / kLanes;
    for (int64_t b = 0; b < blocks; ++b)
      for (int64_t l = 0; l < kLanes; ++l) {
        const bool beats = Beats(x[b * kLanes + l], best[l]);
        best[l] = beats ? x[b * kLanes + l] : best[l];
        block[l] = beats ? b : block[l];
      }
    int64_t at = 0;
    T most = x[0];
    for (int64_t l = 0; l < kLanes; ++l) {
      const int64_t i = block[l] < 0 ? 0 : block[l] * kLanes + l;
      const bool better = kLargest ? best[l] > most : best[l] < most;
      if (better || (best[l] == most && (kLast ? i > at : i < at))) most = best[l], at = i;
    }
    for (int64_t i = blocks * kLanes; i < dims_.reduced; ++i)
      if (Beats(x[i], most)) most = x[i], at = i;
    return at;
  }

  void Columns(const T* x, int64_t count, int64_t* y) const {
    T best[kColumns];
    int64_t at[kColumns] = {};
    std::copy(x, x + count, best);
    for (int64_t i = 1; i < dims_.reduced; ++i) {
      const T* row = x + i * dims_.inner;
      for (int64_t c = 0; c < count; ++c) {
        const bool beats = Beats(row[c], best[c]);
        best[c] = beats ? row[c] : best[c];
        at[c] = beats ? i : at[c];
      }
    }
    std::copy(at, at + count, y);
  }

  ReduceDims dims_;
  const T* x_;
  int64_t* y_;
};

template <typename T>
Status MakeOf(const StepSpec& spec, const ReduceDims& dims, std::unique_ptr<Step>* out) {
  int64_t largest = 0, last = 0;
  KPT_RETURN_IF_ERROR(spec.params.Int("largest", &largest));
  KPT_RETURN_IF_ERROR(spec.params.Int("last", &last));
  if (largest != 0 && last != 0)
    *out = std::make_unique<ArgExtremeStep<T, true, true>>(dims, spec);
  else if (largest != 0)
    *out = std::make_unique<ArgExtremeStep<T, true, false>>(dims, spec);
  else if (last != 0)
    *out = std::make_unique<ArgExtremeStep<T, false, true>>(dims, spec);
  else
    *out = std::make_unique<ArgExtremeStep<T, false, false>>(dims, spec);
  return Status::Ok();
}

}  // namespace

Status MakeArgExtreme(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(1, 1, 1));
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(), DType::kS64));
  ReduceDims dims;
  KPT_RETURN_IF_ERROR(ReadReduceDims(spec, *spec.in(0), &dims));
  KPT_RETURN_IF_ERROR(CheckSize(spec, spec.out(), {dims.outer, dims.inner}));
  if (dims.reduced == 0 && spec.out().size() > 0) return spec.Fail("there is nothing to choose from");
  return ForNumberType(spec, spec.in(0)->dtype,
                       [&](auto tag) { return MakeOf<typename decltype(tag)::Type>(spec, dims, out); });
}

}  // namespace kompakt
