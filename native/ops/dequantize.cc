// Step dequantize: stored bytes to float32.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/quantize_u8/quantize_u8.h"
#include "native/ops/checks.h"

namespace kompakt {
namespace {

class DequantizeStep : public Step {
 public:
  DequantizeStep(float scale, int32_t zero, const StepSpec& spec)
      : scale_(scale),
        zero_(zero),
        x_(spec.in(0)->data),
        y_(spec.out().as<float>()),
        count_(spec.out().size()) {}

  void Run(const RunContext& context) override {
    context.pool->ParallelFor(count_, kElementGrain, [this](int64_t begin, int64_t end, int) {
      BestQuantizeKernel().dequantize(scale_, zero_, x_ + begin, y_ + begin, end - begin);
    });
  }

 private:
  float scale_;
  int32_t zero_;
  const uint8_t* x_;
  float* y_;
  int64_t count_;
};

}  // namespace

Status MakeDequantize(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(1, 1, 1));
  KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(0), DType::kU8));
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(), DType::kF32));
  KPT_RETURN_IF_ERROR(CheckSameSize(spec, *spec.in(0), spec.out()));
  float scale = 0;
  int32_t zero = 0;
  KPT_RETURN_IF_ERROR(spec.params.Float("scale", &scale));
  KPT_RETURN_IF_ERROR(ReadByte(spec, "zero", &zero));
  *out = std::make_unique<DequantizeStep>(scale, zero, spec);
  return Status::Ok();
}

}  // namespace kompakt
