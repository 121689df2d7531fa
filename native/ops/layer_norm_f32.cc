// Step layer_norm_f32: every row of [outer, n] normalised; in place when y shares the memory of x.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/layer_norm_f32/layer_norm_f32.h"

#include "native/ops/checks.h"

namespace kompakt {
namespace {

class LayerNormF32Step : public Step {
 public:
  LayerNormF32Step(int64_t rows, int64_t n, float epsilon, const StepSpec& spec)
      : rows_(rows),
        n_(n),
        epsilon_(epsilon),
        x_(spec.in(0)->as<float>()),
        scale_(spec.in(1) == nullptr ? nullptr : spec.in(1)->as<float>()),
        bias_(spec.in(2) == nullptr ? nullptr : spec.in(2)->as<float>()),
        y_(spec.out().as<float>()) {}

  void Run(const RunContext& context) override {
    context.pool->ParallelFor(rows_, GrainOf(n_), [this](int64_t begin, int64_t end, int) {
      for (int64_t row = begin; row < end; ++row)
        BestLayerNormKernel().row(x_ + row * n_, scale_, bias_, epsilon_, y_ + row * n_, n_);
    });
  }

 private:
  int64_t rows_;
  int64_t n_;
  float epsilon_;
  const float* x_;
  const float* scale_;
  const float* bias_;
  float* y_;
};

}  // namespace

Status MakeLayerNormF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(1, 3, 1));
  const TensorView& x = *spec.in(0);
  if (x.rank != 2) return spec.Fail("expected x to be [outer, n]");
  for (const TensorView* tensor : {&x, spec.in(1), spec.in(2), &spec.out()})
    if (tensor != nullptr) KPT_RETURN_IF_ERROR(CheckDType(spec, *tensor, DType::kF32));
  KPT_RETURN_IF_ERROR(CheckSameSize(spec, x, spec.out()));
  for (const TensorView* tensor : {spec.in(1), spec.in(2)})
    if (tensor != nullptr) KPT_RETURN_IF_ERROR(CheckSize(spec, *tensor, x.dims[1]));
  float epsilon = 0;
  KPT_RETURN_IF_ERROR(spec.params.Float("epsilon", &epsilon));
  *out = std::make_unique<LayerNormF32Step>(x.dims[0], x.dims[1], epsilon, spec);
  return Status::Ok();
}

}  // namespace kompakt
