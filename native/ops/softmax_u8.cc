// Step softmax_u8: bytes to float32 in scratch, softmax there, back to bytes in [0, 255]. One item of work is
// one `outer`. SPDX-License-Identifier: Apache-2.0
#include "native/kernels/quantize_u8/quantize_u8.h"
#include "native/kernels/softmax_f32/softmax_f32.h"
#include "native/ops/checks.h"

namespace kompakt {
namespace {

class SoftmaxU8Step : public Step {
 public:
  SoftmaxU8Step(const ReduceDims& dims, float x_scale, int32_t x_zero, const QuantizeParams& y_params,
                const StepSpec& spec)
      : dims_(dims),
        x_scale_(x_scale),
        x_zero_(x_zero),
        y_params_(y_params),
        x_(spec.in(0)->data),
        y_(spec.out().data) {}

  void Run(const RunContext& context) override {
    const int64_t count = dims_.reduced * dims_.inner;
    float* scratch = reinterpret_cast<float*>(context.scratch);
    context.pool->ParallelFor(dims_.outer, GrainOf(count), [&](int64_t begin, int64_t end, int thread) {
      float* values = scratch + thread * count;
      for (int64_t i = begin; i < end; ++i) {
        BestQuantizeKernel().dequantize(x_scale_, x_zero_, x_ + i * count, values, count);
        if (dims_.inner == 1)
          BestSoftmaxKernel().row(false, values, values, count);
        else
          BestSoftmaxKernel().columns(false, values, values, dims_.reduced, dims_.inner, dims_.inner);
        BestQuantizeKernel().quantize(y_params_, values, y_ + i * count, count);
      }
    });
  }

 private:
  ReduceDims dims_;
  float x_scale_;
  int32_t x_zero_;
  QuantizeParams y_params_;
  const uint8_t* x_;
  uint8_t* y_;
};

}  // namespace

Status MakeSoftmaxU8(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(1, 1, 1));
  KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(0), DType::kU8));
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(), DType::kU8));
  KPT_RETURN_IF_ERROR(CheckSameSize(spec, *spec.in(0), spec.out()));
  ReduceDims dims;
  KPT_RETURN_IF_ERROR(ReadReduceDims(spec, *spec.in(0), &dims));
  float x_scale = 0;
  int32_t x_zero = 0;
  QuantizeParams y_params;
  KPT_RETURN_IF_ERROR(spec.params.Float("xScale", &x_scale));
  KPT_RETURN_IF_ERROR(ReadByte(spec, "xZero", &x_zero));
  KPT_RETURN_IF_ERROR(spec.params.Float("yScale", &y_params.scale));
  KPT_RETURN_IF_ERROR(ReadByte(spec, "yZero", &y_params.zero));
  spec.scratch_bytes = static_cast<size_t>(dims.reduced * dims.inner * spec.threads) * sizeof(float);
  *out = std::make_unique<SoftmaxU8Step>(dims, x_scale, x_zero, y_params, spec);
  return Status::Ok();
}

}  // namespace kompakt
