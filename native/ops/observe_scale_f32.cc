// Step observe_scale_f32: the moving average of the scale at which batches just fit.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "native/ops/checks.h"

namespace kompakt {
namespace {

struct ObserveParams {
  double low = 0, high = 0, momentum = 0;
  float until = 0;
};

class ObserveScaleF32 : public Step {
 public:
  ObserveScaleF32(const ObserveParams& params, const StepSpec& spec)
      : params_(params), next_(spec.out().as<float>()) {
    for (size_t i = 0; i < in_.size(); ++i) in_[i] = spec.in(i)->as<float>();
  }

  void Run(const RunContext&) override {
    const double scale = static_cast<double>(*in_[0]);
    const double above = static_cast<double>(*in_[2]) / params_.high;
    const double below = params_.low < 0 ? static_cast<double>(*in_[1]) / params_.low : 0.0;
    const double fitting = std::max(above, below);
    const bool observing = *in_[3] < params_.until && fitting > 0 && std::isfinite(fitting);
    *next_ =
        static_cast<float>(observing ? params_.momentum * scale + (1.0 - params_.momentum) * fitting : scale);
  }

 private:
  ObserveParams params_;
  /// Scale, least and most of the batch, progress.
  std::array<const float*, 4> in_{};
  float* next_;
};

}  // namespace

Status MakeObserveScaleF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(4, 4, 1));
  for (const TensorView* tensor : {spec.in(0), spec.in(1), spec.in(2), spec.in(3), &spec.out()}) {
    KPT_RETURN_IF_ERROR(CheckDType(spec, *tensor, DType::kF32));
    KPT_RETURN_IF_ERROR(CheckSize(spec, *tensor, 1));
  }
  int32_t low = 0, high = 0;
  float momentum = 0;
  ObserveParams params;
  KPT_RETURN_IF_ERROR(spec.params.Int32("low", &low));
  KPT_RETURN_IF_ERROR(spec.params.Int32("high", &high));
  KPT_RETURN_IF_ERROR(spec.params.Float("momentum", &momentum));
  KPT_RETURN_IF_ERROR(spec.params.Float("until", &params.until));
  params.low = low;
  params.high = high;
  params.momentum = static_cast<double>(momentum);
  *out = std::make_unique<ObserveScaleF32>(params, spec);
  return Status::Ok();
}

}  // namespace kompakt
