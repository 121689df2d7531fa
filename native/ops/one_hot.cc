// Step one_hot: y [outer, depth, inner] is `off` but where an index [outer, inner] names the place along
// depth, `on`. An index out of range names none. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "native/ops/index.h"

namespace kompakt {
namespace {

template <typename Index>
int64_t Place(Index index, int64_t depth) {
  return PlaceOf(index, depth);
}
/// Of floats the whole part counts, once they are counted from the start; -1 where it is no place.
template <>
int64_t Place(float index, int64_t depth) {
  const double limit = static_cast<double>(depth);
  const double place = std::trunc(index < 0 ? index + limit : index);
  return place >= 0 && place < limit ? static_cast<int64_t>(place) : -1;
}

template <typename T, typename Index>
class OneHotStep : public Step {
 public:
  OneHotStep(const ReduceDims& dims, const StepSpec& spec)
      : dims_(dims),
        indices_(spec.in(0)->as<Index>()),
        values_(spec.in(1)->as<T>()),
        y_(spec.out().as<T>()) {}

  void Run(const RunContext& context) override {
    const T off = values_[0], on = values_[1];
    const int64_t block = dims_.reduced * dims_.inner;
    context.pool->ParallelFor(dims_.outer, GrainOf(block), [&](int64_t begin, int64_t end, int) {
      std::fill(y_ + begin * block, y_ + end * block, off);
      for (int64_t i = begin * dims_.inner; i < end * dims_.inner; ++i) {
        const int64_t place = Place(indices_[i], dims_.reduced);
        if (IsPlace(place, dims_.reduced))
          y_[i / dims_.inner * block + place * dims_.inner + i % dims_.inner] = on;
      }
    });
  }

 private:
  ReduceDims dims_;
  const Index* indices_;
  const T* values_;
  T* y_;
};

}  // namespace

Status MakeOneHot(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 2, 1));
  KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(1), spec.out().dtype));
  KPT_RETURN_IF_ERROR(CheckSize(spec, *spec.in(1), 2));
  ReduceDims dims;
  KPT_RETURN_IF_ERROR(ReadReduceDims(spec, spec.out(), &dims));
  KPT_RETURN_IF_ERROR(CheckSize(spec, *spec.in(0), {dims.outer, dims.inner}));
  return ForNumberType(spec, spec.in(0)->dtype, [&](auto index) {
    return ForElementSize(spec.out().dtype, [&](auto tag) {
      using Made = OneHotStep<typename decltype(tag)::Type, typename decltype(index)::Type>;
      *out = std::make_unique<Made>(dims, spec);
      return Status::Ok();
    });
  });
}

}  // namespace kompakt
