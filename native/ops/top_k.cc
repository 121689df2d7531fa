// Step top_k: the k largest or smallest of n numbers and their indices, best first, for [outer, n, inner]. Of
// equal ones the first comes first; NaN comes last. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "native/ops/checks.h"
#include "native/ops/ranked.h"

namespace kompakt {
namespace {

/// The best entries of those that were seen, the last of them on top of a heap.
template <typename T, bool kLargest>
class Best {
 public:
  using Of = Entry<decltype(KeyOf<kLargest>(T()))>;

  Best(uint8_t* memory, int64_t count) : entries_(reinterpret_cast<Of*>(memory)), count_(count) {}

  /// The entries of x[i * stride] for i < n, in order.
  const Of* Find(const T* x, int64_t n, int64_t stride) {
    for (int64_t i = 0; i < count_; ++i)
      entries_[i] = {KeyOf<kLargest>(x[i * stride]), static_cast<int32_t>(i)};
    for (int64_t i = count_ / 2; i-- > 0;) Sink(i, entries_[i]);
    for (int64_t i = count_; i < n; i += kBlock) {
      const int64_t end = i + kBlock < n ? i + kBlock : n;
      if (stride == 1 && end - i == kBlock && !MayEnter(x + i)) continue;
      for (int64_t j = i; j < end; ++j) {
        const Of entry = {KeyOf<kLargest>(x[j * stride]), static_cast<int32_t>(j)};
        if (entry.key > entries_[0].key) Sink(0, entry);
      }
    }
    std::sort(entries_, entries_ + count_, [](const Of& a, const Of& b) { return a.IsBefore(b); });
    return entries_;
  }

 private:
  static constexpr int64_t kBlock = 32;

  bool MayEnter(const T* x) const {
    const auto last = entries_[0].key;
    int any = 0;
    for (int64_t i = 0; i < kBlock; ++i) any |= KeyOf<kLargest>(x[i]) > last;
    return any != 0;
  }

  /// Puts an entry at a place or below.
  void Sink(int64_t place, Of entry) {
    for (int64_t child = 2 * place + 1; child < count_; child = 2 * place + 1) {
      if (child + 1 < count_) child += entries_[child].IsBefore(entries_[child + 1]) ? 1 : 0;
      if (!entry.IsBefore(entries_[child])) break;
      entries_[place] = entries_[child];
      place = child;
    }
    entries_[place] = entry;
  }

  Of* entries_;
  int64_t count_;
};

template <typename T, bool kLargest>
class TopKStep : public Step {
 public:
  TopKStep(const ReduceDims& dims, int64_t k, const StepSpec& spec)
      : dims_(dims),
        k_(k),
        thread_bytes_(AlignUp(static_cast<size_t>(k) * sizeof(typename Best<T, kLargest>::Of))),
        x_(spec.in(0)->as<T>()),
        values_(spec.out(0).as<T>()),
        indices_(spec.out(1).as<int64_t>()) {
    spec.scratch_bytes = thread_bytes_ * static_cast<size_t>(spec.threads);
  }

  void Run(const RunContext& context) override {
    if (k_ == 0) return;
    constexpr int64_t kElementCost = 4;
    context.pool->ParallelFor(dims_.outer * dims_.inner, GrainOf(dims_.reduced * kElementCost),
                              [&](int64_t begin, int64_t end, int thread) {
                                Best<T, kLargest> best(
                                    context.scratch + thread_bytes_ * static_cast<size_t>(thread), k_);
                                for (int64_t line = begin; line < end; ++line) {
                                  const int64_t outer = line / dims_.inner, inner = line % dims_.inner;
                                  const T* x = x_ + outer * dims_.reduced * dims_.inner + inner;
                                  const auto* found = best.Find(x, dims_.reduced, dims_.inner);
                                  for (int64_t i = 0; i < k_; ++i) {
                                    const int64_t at = (outer * k_ + i) * dims_.inner + inner;
                                    const int64_t index = found[i].index;
                                    values_[at] = x[index * dims_.inner];
                                    indices_[at] = index;
                                  }
                                }
                              });
  }

 private:
  ReduceDims dims_;
  int64_t k_;
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
    using T = typename decltype(tag)::Type;
    if (largest != 0)
      *out = std::make_unique<TopKStep<T, true>>(dims, k, spec);
    else
      *out = std::make_unique<TopKStep<T, false>>(dims, k, spec);
    return Status::Ok();
  });
}

}  // namespace kompakt
