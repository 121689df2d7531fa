// Step average_pool_f32. The count is that of the inputs, or with countIncludePad that of the window within
// the padded input; a window without inputs gives 0. SPDX-License-Identifier: Apache-2.0
#include "native/kernels/pool/pool.h"
#include "native/ops/pool_window.h"

namespace kompakt {
namespace {

class AveragePoolF32Step : public Step {
 public:
  AveragePoolF32Step(const PoolWindow& window, bool include_pad, const StepSpec& spec)
      : window_(window), include_pad_(include_pad), x_(spec.in(0)->as<float>()), y_(spec.out().as<float>()) {}

  void Run(const RunContext& context) override {
    const PoolKernel& kernel = BestPoolKernel();
    window_.ForEach(context, [&](int64_t x, const int64_t* taps, int64_t count, int64_t padded, int64_t y) {
      const float divisor = static_cast<float>(include_pad_ ? padded : count);
      kernel.average_f32(x_ + x, taps, count, divisor, y_ + y, window_.channels());
    });
  }

 private:
  PoolWindow window_;
  bool include_pad_;
  const float* x_;
  float* y_;
};

}  // namespace

Status MakeAveragePoolF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(1, 1, 1));
  KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(0), DType::kF32));
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(), DType::kF32));
  int32_t include_pad = 0;
  KPT_RETURN_IF_ERROR(spec.params.Int32("countIncludePad", &include_pad));
  PoolWindow window;
  KPT_RETURN_IF_ERROR(window.Make(spec, true));
  *out = std::make_unique<AveragePoolF32Step>(window, include_pad != 0, spec);
  return Status::Ok();
}

}  // namespace kompakt
