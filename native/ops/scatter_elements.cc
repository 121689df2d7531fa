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
      : walk_(walk),
        data_(*spec.in(0)),
        indices_(indices),
        count_(spec.in(1)->size()),
        updates_(spec.in(2)->as<T>()),
        y_(spec.out()) {}

  void Run(const RunContext& context) override {
    const int64_t places = walk_.places(), stride = walk_.stride();
    if (!indices_.AllNamePlaces(context, count_, places)) return;
    CopyData(context, data_, y_);
    walk_.ForEach(context,
                  [=, indices = indices_, updates = updates_, y = y_.as<T>()](int64_t i, int64_t base) {
                    T& element = y[base + PlaceOf(indices[i], places) * stride];
                    element = Reduction::Of(element, updates[i]);
                  });
  }

 private:
  AxisWalk walk_;
  TensorView data_;
  Indices indices_;
  int64_t count_;
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
