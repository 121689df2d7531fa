// Steps max_pool_gradient_f32 and average_pool_gradient_f32. Windows may overlap, so all of an image belong
// to one thread and are added in order. SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "native/kernels/gradient_f32/gradient_f32.h"
#include "native/ops/pool_window.h"

namespace kompakt {
namespace {

class MaxPoolGradientF32 : public Step {
 public:
  MaxPoolGradientF32(const PoolWindow& window, const StepSpec& spec)
      : window_(window),
        dy_(spec.in(0)->as<float>()),
        x_(spec.in(1)->as<float>()),
        y_(spec.in(2)->as<float>()),
        dx_(spec.out().as<float>()) {}

  void Run(const RunContext& context) override {
    const GradientKernel& kernel = BestGradientKernel();
    window_.ForEachOfImages(
        context, dx_, [&](int64_t x, const int64_t* taps, int64_t count, int64_t, int64_t y) {
          kernel.max_pool(dy_ + y, x_ + x, y_ + y, taps, count, dx_ + x, window_.channels());
        });
  }

 private:
  PoolWindow window_;
  const float* dy_;
  const float* x_;
  const float* y_;
  float* dx_;
};

class AveragePoolGradientF32 : public Step {
 public:
  AveragePoolGradientF32(const PoolWindow& window, bool include_pad, const StepSpec& spec)
      : window_(window),
        include_pad_(include_pad),
        dy_(spec.in(0)->as<float>()),
        dx_(spec.out().as<float>()) {}

  void Run(const RunContext& context) override {
    const GradientKernel& kernel = BestGradientKernel();
    window_.ForEachOfImages(context, dx_,
                            [&](int64_t x, const int64_t* taps, int64_t count, int64_t padded, int64_t y) {
                              const float divisor = static_cast<float>(include_pad_ ? padded : count);
                              kernel.average_pool(dy_ + y, divisor, taps, count, dx_ + x, window_.channels());
                            });
  }

 private:
  PoolWindow window_;
  bool include_pad_;
  const float* dy_;
  float* dx_;
};

}  // namespace

Status MakeMaxPoolGradientF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(3, 3, 1));
  for (const TensorView* tensor : {spec.in(0), spec.in(1), spec.in(2), &spec.out()})
    KPT_RETURN_IF_ERROR(CheckDType(spec, *tensor, DType::kF32));
  KPT_RETURN_IF_ERROR(CheckSameSize(spec, *spec.in(0), *spec.in(2)));
  KPT_RETURN_IF_ERROR(CheckSameSize(spec, *spec.in(1), spec.out()));
  PoolWindow window;
  KPT_RETURN_IF_ERROR(window.Make(spec, spec.out(), *spec.in(0), true));
  *out = std::make_unique<MaxPoolGradientF32>(window, spec);
  return Status::Ok();
}

Status MakeAveragePoolGradientF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(1, 1, 1));
  KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(0), DType::kF32));
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(), DType::kF32));
  int32_t include_pad = 0;
  KPT_RETURN_IF_ERROR(spec.params.Int32("countIncludePad", &include_pad));
  PoolWindow window;
  KPT_RETURN_IF_ERROR(window.Make(spec, spec.out(), *spec.in(0), true));
  *out = std::make_unique<AveragePoolGradientF32>(window, include_pad != 0, spec);
  return Status::Ok();
}

}  // namespace kompakt
