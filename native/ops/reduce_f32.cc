// Step reduce_f32: one value of every [reduced] in [outer, reduced, inner].
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/reduce_f32/reduce_f32.h"

#include "native/ops/checks.h"

namespace kompakt {
namespace {

constexpr int64_t kColumnBlock = 64;

class ReduceF32Step : public Step {
 public:
  ReduceF32Step(ReduceKind kind, const ReduceDims& dims, const StepSpec& spec)
      : kind_(kind), dims_(dims), x_(spec.in(0)->as<float>()), y_(spec.out().as<float>()) {}

  void Run(const RunContext& context) override {
    const ReduceKernel& kernel = BestReduceKernel();
    const int64_t blocks = (dims_.inner + kColumnBlock - 1) / kColumnBlock;
    const int64_t work = dims_.reduced * (dims_.inner < kColumnBlock ? dims_.inner : kColumnBlock);
    context.pool->ParallelFor(dims_.outer * blocks, GrainOf(work), [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t outer = i / blocks, c = i % blocks * kColumnBlock;
        const float* x = x_ + outer * dims_.reduced * dims_.inner + c;
        float* y = y_ + outer * dims_.inner + c;
        const int64_t width = dims_.inner - c < kColumnBlock ? dims_.inner - c : kColumnBlock;
        if (dims_.inner == 1)
          kernel.row(kind_, x, dims_.reduced, y);
        else
          kernel.columns(kind_, x, dims_.reduced, dims_.inner, y, width);
      }
    });
  }

 private:
  ReduceKind kind_;
  ReduceDims dims_;
  const float* x_;
  float* y_;
};

}  // namespace

Status MakeReduceF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(1, 1, 1));
  KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(0), DType::kF32));
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(), DType::kF32));
  std::string name;
  KPT_RETURN_IF_ERROR(spec.params.Text("op", &name));
  ReduceKind kind;
  if (!ParseReduceKind(name, &kind)) return spec.Fail("unknown operation '" + name + "'");
  ReduceDims dims;
  KPT_RETURN_IF_ERROR(ReadReduceDims(spec, *spec.in(0), &dims));
  KPT_RETURN_IF_ERROR(CheckSize(spec, spec.out(), {dims.outer, dims.inner}));
  *out = std::make_unique<ReduceF32Step>(kind, dims, spec);
  return Status::Ok();
}

}  // namespace kompakt
