// Step gather_nd: runs of `inner` elements of x [batch, sizes..., inner] at tuples of indices, as many for
// each of the batch. SPDX-License-Identifier: Apache-2.0
#include "native/ops/copy_bytes.h"
#include "native/ops/index_tuples.h"

namespace kompakt {
namespace {

template <typename T>
class GatherNdStep : public Step {
 public:
  GatherNdStep(const StepSpec& spec, const IndexTuples& tuples, int64_t batch, int64_t inner)
      : tuples_(tuples),
        per_batch_(tuples.count() / batch),
        inner_(inner),
        x_(spec.in(0)->as<T>()),
        y_(spec.out().as<T>()) {}

  void Run(const RunContext& context) override {
    context.pool->ParallelFor(tuples_.count(), GrainOf(inner_), [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t in_batch = std::max<int64_t>(tuples_.PlaceOrRefuse(context.refusal, i), 0);
        const int64_t place = i / per_batch_ * tuples_.places() + in_batch;
        if (inner_ == 1)
          y_[i] = x_[place];
        else
          CopyBytes(y_ + i * inner_, x_ + place * inner_, static_cast<size_t>(inner_) * sizeof(T));
      }
    });
  }

 private:
  IndexTuples tuples_;
  int64_t per_batch_, inner_;
  const T* x_;
  T* y_;
};

}  // namespace

Status MakeGatherNd(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 2, 1));
  const TensorView& x = *spec.in(0);
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(), x.dtype));
  IndexTuples tuples;
  KPT_RETURN_IF_ERROR(tuples.Make(spec, *spec.in(1)));
  std::vector<int64_t> batch, inner;
  KPT_RETURN_IF_ERROR(ReadInts(spec, "batch", 1, 1, &batch));
  KPT_RETURN_IF_ERROR(ReadInts(spec, "inner", 1, 1, &inner));
  KPT_RETURN_IF_ERROR(CheckSize(spec, x, {batch[0], tuples.places(), inner[0]}));
  KPT_RETURN_IF_ERROR(CheckSize(spec, spec.out(), {tuples.count(), inner[0]}));
  if (x.size() == 0) return spec.Fail("nothing to gather from");
  if (tuples.count() % batch[0] != 0) return spec.Fail("the tuples are not as many for each of the batch");
  return ForElementSize(x.dtype, [&](auto tag) {
    *out = std::make_unique<GatherNdStep<typename decltype(tag)::Type>>(spec, tuples, batch[0], inner[0]);
    return Status::Ok();
  });
}

}  // namespace kompakt
