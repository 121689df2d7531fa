// Step top_k: the k largest or smallest of n numbers and their indices, best first, for [outer, n, inner]. Of
// equal ones the first comes first; NaN comes last. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "native/ops/checks.h"

namespace kompakt {
namespace {

template <typename T>
struct Better {
  const T* x;
  int64_t stride;
  bool largest;

  bool operator()(int32_t i, int32_t j) const {
    const T a = x[i * stride], b = x[j * stride];
    const bool a_counts = a == a, b_counts = b == b;
    if (a_counts != b_counts) return a_counts;
    if (!a_counts || a == b) return i < j;
    return largest ? a > b : a < b;
  }
};

template <typename T>
class TopKStep : public Step {
 public:
  TopKStep(const ReduceDims& dims, int64_t k, bool largest, const StepSpec& spec)
      : dims_(dims),
        k_(k),
        largest_(largest),
        thread_bytes_(AlignUp(static_cast<size_t>(dims.reduced) * sizeof(int32_t))),
        x_(spec.in(0)->as<T>()),
        values_(spec.out(0).as<T>()),
        indices_(spec.out(1).as<int64_t>()) {
    spec.scratch_bytes = thread_bytes_ * static_cast<size_t>(spec.threads);
  }

  void Run(const RunContext& context) override {
    constexpr int64_t kElementCost = 4;
    context.pool->ParallelFor(
        dims_.outer * dims_.inner, GrainOf(dims_.reduced * kElementCost),
        [&](int64_t begin, int64_t end, int thread) {
          int32_t* order =
              reinterpret_cast<int32_t*>(context.scratch + thread_bytes_ * static_cast<size_t>(thread));
          for (int64_t line = begin; line < end; ++line) {
            const int64_t outer = line / dims_.inner, inner = line % dims_.inner;
            const T* x = x_ + outer * dims_.reduced * dims_.inner + inner;
            for (int64_t i = 0; i < dims_.reduced; ++i) order[i] = static_cast<int32_t>(i);
            std::partial_sort(order, order + k_, order + dims_.reduced, Better<T>{x, dims_.inner, largest_});
            for (int64_t i = 0; i < k_; ++i) {
              const int64_t at = (outer * k_ + i) * dims_.inner + inner;
              values_[at] = x[order[i] * dims_.inner];
              indices_[at] = order[i];
            }
          }
        });
  }

 private:
  ReduceDims dims_;
  int64_t k_;
  bool largest_;
  size_t thread_bytes_;
  const T* x_;
  T* values_;
  int64_t* indices_;
};

}  // namespace

Status MakeTopK(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(1, 1, 2));
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(0), spec.in(0)->dtype));
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(1), DType::kS64));
  ReduceDims dims;
  KPT_RETURN_IF_ERROR(ReadReduceDims(spec, *spec.in(0), &dims));
  int64_t k = 0, largest = 0;
  KPT_RETURN_IF_ERROR(spec.params.Int("k", &k));
  KPT_RETURN_IF_ERROR(spec.params.Int("largest", &largest));
  if (k < 0 || k > dims.reduced) return spec.Fail("k is not in 0..n");
  if (dims.reduced > std::numeric_limits<int32_t>::max()) return TooLarge(spec, "n is too large");
  for (size_t i : {0, 1}) KPT_RETURN_IF_ERROR(CheckSize(spec, spec.out(i), {dims.outer, k, dims.inner}));
  return ForNumberType(spec, spec.in(0)->dtype, [&](auto tag) {
    *out = std::make_unique<TopKStep<typename decltype(tag)::Type>>(dims, k, largest != 0, spec);
    return Status::Ok();
  });
}

}  // namespace kompakt
