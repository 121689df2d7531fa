// Step quantize: float32 to stored bytes. NaN becomes the zero point, so that it reads back as 0; infinities
// saturate. SPDX-License-Identifier: Apache-2.0
#include "native/kernels/quantize_u8/quantize_u8.h"
#include "native/ops/checks.h"

namespace kompakt {
namespace {

class QuantizeStep : public Step {
 public:
  QuantizeStep(const QuantizeParams& params, const StepSpec& spec)
      : params_(params), x_(spec.in(0)->as<float>()), y_(spec.out().data), count_(spec.out().size()) {}

  void Run(const RunContext& context) override {
    context.pool->ParallelFor(count_, kElementGrain, [this](int64_t begin, int64_t end, int) {
      BestQuantizeKernel().quantize(params_, x_ + begin, y_ + begin, end - begin);
    });
  }

 private:
  QuantizeParams params_;
  const float* x_;
  uint8_t* y_;
  int64_t count_;
};

}  // namespace

Status MakeQuantize(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(1, 1, 1));
  KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(0), DType::kF32));
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(), DType::kU8));
  KPT_RETURN_IF_ERROR(CheckSameSize(spec, *spec.in(0), spec.out()));
  QuantizeParams params;
  ByteRange range;
  KPT_RETURN_IF_ERROR(spec.params.Float("scale", &params.scale));
  KPT_RETURN_IF_ERROR(ReadByteRange(spec, "zero", &range));
  params.zero = range.zero;
  params.lo = range.lo;
  params.hi = range.hi;
  *out = std::make_unique<QuantizeStep>(params, spec);
  return Status::Ok();
}

}  // namespace kompakt
