// Steps max_pool and max_pool_b1: the largest input of every window, float32, bytes or bits. Padding never
// wins, and neither does NaN: a window without numbers gives -infinity (bytes and bits: 0).
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/pool/pool.h"
#include "native/ops/pool_window.h"

namespace kompakt {
namespace {

class MaxPoolStep : public Step {
 public:
  MaxPoolStep(const PoolWindow& window, const TensorView& x, const TensorView& y, bool bits)
      : window_(window), x_(x), y_(y) {
    const PoolKernel& kernel = BestPoolKernel();
    bytes_ = bits ? kernel.or_u8 : kernel.max_u8;
  }

  void Run(const RunContext& context) override {
    const PoolKernel& kernel = BestPoolKernel();
    window_.ForEach(context, [&](int64_t x, const int64_t* taps, int64_t count, int64_t, int64_t y) {
      if (x_.dtype == DType::kU8)
        bytes_(x_.data + x, taps, count, y_.data + y, window_.channels());
      else
        kernel.max_f32(x_.as<float>() + x, taps, count, y_.as<float>() + y, window_.channels());
    });
  }

 private:
  PoolWindow window_;
  TensorView x_;
  TensorView y_;
  decltype(PoolKernel::max_u8) bytes_;
};

Status Make(const StepSpec& spec, bool bits, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(1, 1, 1));
  const TensorView& x = *spec.in(0);
  if (x.dtype != DType::kU8) KPT_RETURN_IF_ERROR(CheckDType(spec, x, bits ? DType::kU8 : DType::kF32));
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(), x.dtype));
  PoolWindow window;
  KPT_RETURN_IF_ERROR(window.Make(spec, true));
  *out = std::make_unique<MaxPoolStep>(window, x, spec.out(), bits);
  return Status::Ok();
}

}  // namespace

Status MakeMaxPool(const StepSpec& spec, std::unique_ptr<Step>* out) { return Make(spec, false, out); }

Status MakeMaxPoolB1(const StepSpec& spec, std::unique_ptr<Step>* out) { return Make(spec, true, out); }

}  // namespace kompakt
