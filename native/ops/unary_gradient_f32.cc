// Steps unary_gradient_f32 and softmax_gradient_f32: backward passes that keep the shape.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/gradient_f32/gradient_f32.h"
#include "native/ops/checks.h"

namespace kompakt {
namespace {

constexpr int64_t kColumnBlock = 64;

/// Two inputs and an output of one size, f32.
Status CheckAlike(const StepSpec& spec) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 2, 1));
  for (const TensorView* tensor : {spec.in(0), spec.in(1), &spec.out()}) {
    KPT_RETURN_IF_ERROR(CheckDType(spec, *tensor, DType::kF32));
    KPT_RETURN_IF_ERROR(CheckSameSize(spec, *tensor, spec.out()));
  }
  return Status::Ok();
}

class UnaryGradientF32 : public Step {
 public:
  UnaryGradientF32(UnaryOp op, const StepSpec& spec)
      : op_(op),
        dy_(spec.in(0)->as<float>()),
        v_(spec.in(1)->as<float>()),
        dx_(spec.out().as<float>()),
        count_(spec.out().size()) {}

  void Run(const RunContext& context) override {
    const GradientKernel& kernel = BestGradientKernel();
    context.pool->ParallelFor(count_, kElementGrain, [&](int64_t begin, int64_t end, int) {
      kernel.unary(op_, dy_ + begin, v_ + begin, dx_ + begin, end - begin);
    });
  }

 private:
  UnaryOp op_;
  const float* dy_;
  const float* v_;
  float* dx_;
  int64_t count_;
};

class SoftmaxGradientF32 : public Step {
 public:
  SoftmaxGradientF32(bool log, const ReduceDims& dims, const StepSpec& spec)
      : log_(log),
        dims_(dims),
        dy_(spec.in(0)->as<float>()),
        y_(spec.in(1)->as<float>()),
        dx_(spec.out().as<float>()) {}

  void Run(const RunContext& context) override {
    const GradientKernel& kernel = BestGradientKernel();
    const int64_t blocks = (dims_.inner + kColumnBlock - 1) / kColumnBlock;
    const int64_t work = dims_.reduced * (dims_.inner < kColumnBlock ? dims_.inner : kColumnBlock);
    context.pool->ParallelFor(dims_.outer * blocks, GrainOf(work), [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t c = i % blocks * kColumnBlock;
        const int64_t at = i / blocks * dims_.reduced * dims_.inner + c;
        const int64_t width = dims_.inner - c < kColumnBlock ? dims_.inner - c : kColumnBlock;
        if (dims_.inner == 1)
          kernel.softmax_row(log_, dy_ + at, y_ + at, dx_ + at, dims_.reduced);
        else
          kernel.softmax_columns(log_, dy_ + at, y_ + at, dx_ + at, dims_.reduced, dims_.inner, width);
      }
    });
  }

 private:
  bool log_;
  ReduceDims dims_;
  const float* dy_;
  const float* y_;
  float* dx_;
};

}  // namespace

Status MakeUnaryGradientF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(CheckAlike(spec));
  UnaryOp op;
  KPT_RETURN_IF_ERROR(ReadUnaryOp(spec, "op", &op));
  *out = std::make_unique<UnaryGradientF32>(op, spec);
  return Status::Ok();
}

Status MakeSoftmaxGradientF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(CheckAlike(spec));
  // The sums of a softmax read dy again when dx was written.
  if (IsWrittenOver(spec, *spec.in(0)) || IsWrittenOver(spec, *spec.in(1)))
    return spec.Fail("dx must have memory of its own");
  int32_t log = 0;
  KPT_RETURN_IF_ERROR(spec.params.Int32("log", &log));
  ReduceDims dims;
  KPT_RETURN_IF_ERROR(ReadReduceDims(spec, *spec.in(0), &dims));
  *out = std::make_unique<SoftmaxGradientF32>(log != 0, dims, spec);
  return Status::Ok();
}

}  // namespace kompakt
