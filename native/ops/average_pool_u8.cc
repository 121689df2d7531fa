// Step average_pool_u8. Padding counts as xZero: with countIncludePad it enters the count and adds nothing to
// the sum. A window without inputs gives yZero. SPDX-License-Identifier: Apache-2.0
#include "native/kernels/pool/pool.h"
#include "native/ops/pool_window.h"

namespace kompakt {
namespace {

class AveragePoolU8Step : public Step {
 public:
  AveragePoolU8Step(const PoolWindow& window, bool include_pad, const AverageU8Params& params,
                    const StepSpec& spec)
      : window_(window),
        include_pad_(include_pad),
        params_(params),
        x_(spec.in(0)->data),
        y_(spec.out().data) {}

  void Run(const RunContext& context) override {
    const PoolKernel& kernel = BestPoolKernel();
    window_.ForEach(context, [&](int64_t x, const int64_t* taps, int64_t count, int64_t padded, int64_t y) {
      AverageU8Params params = params_;
      const int64_t divisor = include_pad_ ? padded : count;
      if (divisor > 0) params.factor = params_.factor / static_cast<float>(divisor);
      kernel.average_u8(params, x_ + x, taps, count, y_ + y, window_.channels());
    });
  }

 private:
  PoolWindow window_;
  bool include_pad_;
  AverageU8Params params_;
  const uint8_t* x_;
  uint8_t* y_;
};

}  // namespace

Status MakeAveragePoolU8(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(1, 1, 1));
  KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(0), DType::kU8));
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(), DType::kU8));
  int32_t include_pad = 0;
  KPT_RETURN_IF_ERROR(spec.params.Int32("countIncludePad", &include_pad));
  AverageU8Params params;
  KPT_RETURN_IF_ERROR(ReadAverageU8(spec, &params));
  PoolWindow window;
  KPT_RETURN_IF_ERROR(window.Make(spec, true));
  if (window.kernel_size() > kMaxAverageCount) return TooLarge(spec, "the window is too large");
  *out = std::make_unique<AveragePoolU8Step>(window, include_pad != 0, params, spec);
  return Status::Ok();
}

}  // namespace kompakt
