// Step unary_f32: one function over all elements; in place when y shares the memory of x.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/unary_f32/unary_f32.h"

#include "native/ops/checks.h"

namespace kompakt {
namespace {

class UnaryF32Step : public Step {
 public:
  UnaryF32Step(UnaryOp op, const TensorView& x, const TensorView& y)
      : op_(op), x_(x.as<float>()), y_(y.as<float>()), count_(x.size()) {}

  void Run(const RunContext& context) override {
    context.pool->ParallelFor(count_, kElementGrain, [this](int64_t begin, int64_t end, int) {
      UnaryF32(op_, x_ + begin, y_ + begin, end - begin);
    });
  }

 private:
  UnaryOp op_;
  const float* x_;
  float* y_;
  int64_t count_;
};

}  // namespace

Status MakeUnaryF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(1, 1, 1));
  KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(0), DType::kF32));
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(), DType::kF32));
  KPT_RETURN_IF_ERROR(CheckSameSize(spec, *spec.in(0), spec.out()));
  UnaryOp op;
  KPT_RETURN_IF_ERROR(ReadUnaryOp(spec, "op", &op));
  *out = std::make_unique<UnaryF32Step>(op, *spec.in(0), spec.out());
  return Status::Ok();
}

}  // namespace kompakt
