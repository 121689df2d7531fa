// Step softmax_f32: softmax or log-softmax over the middle of [outer, n, inner]; in place when y shares the
// memory of x. SPDX-License-Identifier: Apache-2.0
#include "native/kernels/softmax_f32/softmax_f32.h"

#include "native/ops/checks.h"

namespace kompakt {
namespace {

constexpr int64_t kColumnBlock = 64;

class SoftmaxF32Step : public Step {
 public:
  SoftmaxF32Step(bool log, const ReduceDims& dims, const StepSpec& spec)
      : log_(log), dims_(dims), x_(spec.in(0)->as<float>()), y_(spec.out().as<float>()) {}

  void Run(const RunContext& context) override {
    const SoftmaxKernel& kernel = BestSoftmaxKernel();
    const int64_t blocks = (dims_.inner + kColumnBlock - 1) / kColumnBlock;
    const int64_t work = dims_.reduced * (dims_.inner < kColumnBlock ? dims_.inner : kColumnBlock);
    context.pool->ParallelFor(dims_.outer * blocks, GrainOf(work), [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t c = i % blocks * kColumnBlock;
        const int64_t offset = i / blocks * dims_.reduced * dims_.inner + c;
        const int64_t width = dims_.inner - c < kColumnBlock ? dims_.inner - c : kColumnBlock;
        if (dims_.inner == 1)
          kernel.row(log_, x_ + offset, y_ + offset, dims_.reduced);
        else
          kernel.columns(log_, x_ + offset, y_ + offset, dims_.reduced, dims_.inner, width);
      }
    });
  }

 private:
  bool log_;
  ReduceDims dims_;
  const float* x_;
  float* y_;
};

}  // namespace

Status MakeSoftmaxF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(1, 1, 1));
  KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(0), DType::kF32));
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(), DType::kF32));
  KPT_RETURN_IF_ERROR(CheckSameSize(spec, *spec.in(0), spec.out()));
  int32_t log = 0;
  KPT_RETURN_IF_ERROR(spec.params.Int32("log", &log));
  ReduceDims dims;
  KPT_RETURN_IF_ERROR(ReadReduceDims(spec, *spec.in(0), &dims));
  *out = std::make_unique<SoftmaxF32Step>(log != 0, dims, spec);
  return Status::Ok();
}

}  // namespace kompakt
