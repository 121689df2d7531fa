// Step gather_elements: one element of x per index, which names a place along `axis`.
// SPDX-License-Identifier: Apache-2.0
#include "native/ops/axis_walk.h"

namespace kompakt {
namespace {

template <typename T>
class GatherElementsStep : public Step {
 public:
  GatherElementsStep(const StepSpec& spec, const AxisWalk& walk, const Indices& indices)
      : walk_(walk),
        x_(spec.in(0)->as<T>()),
        indices_(indices),
        count_(spec.in(1)->size()),
        y_(spec.out().as<T>()) {}

  void Run(const RunContext& context) override {
    const int64_t places = walk_.places(), stride = walk_.stride();
    if (!indices_.AllNamePlaces(context, count_, places)) return;
    walk_.ForEach(context, [=, x = x_, indices = indices_, y = y_](int64_t i, int64_t base) {
      y[i] = x[base + PlaceOf(indices[i], places) * stride];
    });
  }

 private:
  AxisWalk walk_;
  const T* x_;
  Indices indices_;
  int64_t count_;
  T* y_;
};

}  // namespace

Status MakeGatherElements(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 2, 1));
  const TensorView& x = *spec.in(0);
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(), x.dtype));
  KPT_RETURN_IF_ERROR(CheckSameSize(spec, *spec.in(1), spec.out()));
  AxisWalk walk;
  KPT_RETURN_IF_ERROR(walk.Make(spec, x, *spec.in(1)));
  if (walk.places() == 0) return spec.Fail("nothing to gather from");
  Indices indices;
  KPT_RETURN_IF_ERROR(Indices::Make(spec, *spec.in(1), &indices));
  return ForElementSize(x.dtype, [&](auto tag) {
    *out = std::make_unique<GatherElementsStep<typename decltype(tag)::Type>>(spec, walk, indices);
    return Status::Ok();
  });
}

}  // namespace kompakt
