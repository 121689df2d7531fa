// Step fill: one value everywhere, of any type. The value is converted once, when the step is made.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "native/ops/checks.h"

namespace kompakt {
namespace {

template <typename T>
class FillStep : public Step {
 public:
  FillStep(T value, const TensorView& y) : value_(value), y_(y.as<T>()), count_(y.size()) {}

  void Run(const RunContext& context) override {
    context.pool->ParallelFor(count_, kElementGrain, [this](int64_t begin, int64_t end, int) {
      std::fill(y_ + begin, y_ + end, value_);
    });
  }

 private:
  T value_;
  T* y_;
  int64_t count_;
};

template <typename T>
Status MakeFor(const StepSpec& spec, double value, double low, double high, std::unique_ptr<Step>* out) {
  if (!(value >= low && value <= high)) return spec.Fail("the value does not fit the type of y");
  *out = std::make_unique<FillStep<T>>(static_cast<T>(value), spec.out());
  return Status::Ok();
}

}  // namespace

Status MakeFill(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(0, 0, 1));
  std::vector<double> values;
  KPT_RETURN_IF_ERROR(spec.params.Doubles("value", &values));
  if (values.size() != 1) return spec.Fail("parameter 'value' needs one number");
  const double value = values[0];
  switch (spec.out().dtype) {
    case DType::kF32:
      *out = std::make_unique<FillStep<float>>(static_cast<float>(value), spec.out());
      return Status::Ok();
    case DType::kF64:
      *out = std::make_unique<FillStep<double>>(value, spec.out());
      return Status::Ok();
    case DType::kU8:
      return MakeFor<uint8_t>(spec, value, 0, 255, out);
    case DType::kS8:
      return MakeFor<int8_t>(spec, value, -128, 127, out);
    case DType::kU16:
      return MakeFor<uint16_t>(spec, value, 0, 65535, out);
    case DType::kS32:
      return MakeFor<int32_t>(spec, value, INT32_MIN, INT32_MAX, out);
    case DType::kS64:
      return MakeFor<int64_t>(spec, value, -0x1p63, 0x1.fffffffffffffp62, out);
  }
  return spec.Fail("unknown type");
}

}  // namespace kompakt
