// Step dynamic_quantize: float32 to bytes over the range of the values at hand, which is an output too.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "native/kernels/quantize_u8/quantize_u8.h"
#include "native/ops/checks.h"

namespace kompakt {
namespace {

class DynamicQuantizeStep : public Step {
 public:
  explicit DynamicQuantizeStep(const StepSpec& spec)
      : x_(spec.in(0)->as<float>()),
        count_(spec.in(0)->size()),
        y_(spec.out(0).data),
        scale_(spec.out(1).as<float>()),
        zero_(spec.out(2).data) {
    spec.scratch_bytes = static_cast<size_t>(blocks()) * 2 * sizeof(float);
  }

  void Run(const RunContext& context) override {
    float* extremes = reinterpret_cast<float*>(context.scratch);
    context.pool->ParallelFor(blocks(), 1, [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) {
        const float* x = x_ + i * kElementGrain;
        const int64_t count = std::min(kElementGrain, count_ - i * kElementGrain);
        BestQuantizeKernel().range(x, count, extremes + 2 * i, extremes + 2 * i + 1);
      }
    });
    float low = 0, high = 0;
    for (int64_t i = 0; i < blocks(); ++i) {
      low = std::min(low, extremes[2 * i]);
      high = std::max(high, extremes[2 * i + 1]);
    }
    QuantizeParams params;
    params.scale = low == high ? 1.0f : (high - low) / 255.0f;
    const float zero = std::nearbyint(-low / params.scale);
    params.zero = zero >= 0 ? static_cast<int32_t>(std::min(zero, 255.0f)) : 0;
    *scale_ = params.scale;
    *zero_ = static_cast<uint8_t>(params.zero);
    context.pool->ParallelFor(count_, kElementGrain, [&](int64_t begin, int64_t end, int) {
      BestQuantizeKernel().quantize(params, x_ + begin, y_ + begin, end - begin);
    });
  }

 private:
  int64_t blocks() const { return (count_ + kElementGrain - 1) / kElementGrain; }

  const float* x_;
  int64_t count_;
  uint8_t* y_;
  float* scale_;
  uint8_t* zero_;
};

}  // namespace

Status MakeDynamicQuantize(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(1, 1, 3));
  KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(0), DType::kF32));
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(0), DType::kU8));
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(1), DType::kF32));
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(2), DType::kU8));
  KPT_RETURN_IF_ERROR(CheckSameSize(spec, *spec.in(0), spec.out(0)));
  KPT_RETURN_IF_ERROR(CheckSize(spec, spec.out(1), 1));
  KPT_RETURN_IF_ERROR(CheckSize(spec, spec.out(2), 1));
  *out = std::make_unique<DynamicQuantizeStep>(spec);
  return Status::Ok();
}

}  // namespace kompakt
