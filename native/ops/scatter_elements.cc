// Step scatter_elements: a copy of the data in which every update meets the element that its index names
// along `axis`, those of one place in order. SPDX-License-Identifier: Apache-2.0
#include "native/ops/axis_walk.h"
#include "native/ops/scatter.h"

namespace kompakt {
namespace {

template <typename T, typename Reduction>
class ScatterElementsStep : public Step {
 public:
  ScatterElementsStep(const StepSpec& spec, const AxisWalk& walk, const Indices& indices)
      : walk_(walk), data_(*spec.in(0)), indices_(indices), updates_(spec.in(2)->as<T>()), y_(spec.out()) {}

  void Run(const RunContext& context) override {
    CopyData(context, data_, y_);
    const int64_t places = walk_.places(), stride = walk_.stride();
    walk_.ForEach(context, [=, refusal = context.refusal, indices = indices_, updates = updates_,
                            y = y_.as<T>()](int64_t i, int64_t base) {
      const int64_t place = PlaceOrRefuse(refusal, indices[i], places);
      if (place < 0) return;
      T& element = y[base + place * stride];
      element = Reduction::Of(element, updates[i]);
    });
  }

 private:
  AxisWalk walk_;
  TensorView data_;
  Indices indices_;
  const T* updates_;
  TensorView y_;
};

}  // namespace

Status MakeScatterElements(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(CheckScatter(spec));
  KPT_RETURN_IF_ERROR(CheckSameSize(spec, *spec.in(1), *spec.in(2)));
  AxisWalk walk;
  KPT_RETURN_IF_ERROR(walk.Make(spec, *spec.in(0), *spec.in(1)));
  Indices indices;
  KPT_RETURN_IF_ERROR(Indices::Make(spec, *spec.in(1), &indices));
  return ForReduction(spec, [&](auto tag, auto reduction) {
    using Made = ScatterElementsStep<typename decltype(tag)::Type, decltype(reduction)>;
    *out = std::make_unique<Made>(spec, walk, indices);
    return Status::Ok();
  });
}

}  // namespace kompakt
