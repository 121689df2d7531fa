// Step softmax_f32: softmax or log-softmax over the middle of [outer, n, inner]; in place when y shares the
// memory of x. SPDX-License-Identifier: Apache-2.0
#include "native/kernels/softmax_f32/softmax_f32.h"

#include <algorithm>

#include "native/ops/checks.h"

namespace kompakt {
namespace {

constexpr int64_t kColumnBlock = 64;

/// Rows that do not fill a vector are turned, a block of them at a time, so that each is a lane: many of them
/// at the cost of one. Which way a tensor goes its dims alone decide, for the sums differ in order.
constexpr int64_t kShortRow = 12, kManyRows = 16;

/// What an element takes, in those of kElementGrain.
constexpr int64_t kElementCost = 8;

class SoftmaxF32Step : public Step {
 public:
  SoftmaxF32Step(bool log, const ReduceDims& dims, const StepSpec& spec)
      : log_(log), dims_(dims), x_(spec.in(0)->as<float>()), y_(spec.out().as<float>()) {}

  void Run(const RunContext& context) override {
    const SoftmaxKernel& kernel = BestSoftmaxKernel();
    if (dims_.inner == 1 && dims_.reduced <= kShortRow && dims_.outer >= kManyRows)
      return RunShortRows(context, kernel);
    if (dims_.inner == 1) {
      const int64_t n = dims_.reduced;
      context.pool->ParallelFor(dims_.outer, GrainOf(n * kElementCost), [&](int64_t begin, int64_t end, int) {
        kernel.rows(log_, x_ + begin * n, y_ + begin * n, end - begin, n);
      });
      return;
    }
    const int64_t blocks = (dims_.inner + kColumnBlock - 1) / kColumnBlock;
    const int64_t work = dims_.reduced * (dims_.inner < kColumnBlock ? dims_.inner : kColumnBlock);
    context.pool->ParallelFor(
        dims_.outer * blocks, GrainOf(work * kElementCost), [&](int64_t begin, int64_t end, int) {
          for (int64_t i = begin; i < end; ++i) {
            const int64_t c = i % blocks * kColumnBlock;
            const int64_t offset = i / blocks * dims_.reduced * dims_.inner + c;
            const int64_t width = dims_.inner - c < kColumnBlock ? dims_.inner - c : kColumnBlock;
            kernel.columns(log_, x_ + offset, y_ + offset, dims_.reduced, dims_.inner, width);
          }
        });
  }

 private:
  void RunShortRows(const RunContext& context, const SoftmaxKernel& kernel) const {
    const int64_t n = dims_.reduced, blocks = (dims_.outer + kColumnBlock - 1) / kColumnBlock;
    context.pool->ParallelFor(
        blocks, GrainOf(n * kColumnBlock * kElementCost), [&](int64_t begin, int64_t end, int) {
          float turned[kShortRow * kColumnBlock];
          for (int64_t block = begin; block < end; ++block) {
            const int64_t first = block * kColumnBlock, rows = std::min(kColumnBlock, dims_.outer - first);
            const float* x = x_ + first * n;
            float* y = y_ + first * n;
            for (int64_t r = 0; r < rows; ++r)
              for (int64_t i = 0; i < n; ++i) turned[i * kColumnBlock + r] = x[r * n + i];
            kernel.columns(log_, turned, turned, n, kColumnBlock, rows);
            for (int64_t r = 0; r < rows; ++r)
              for (int64_t i = 0; i < n; ++i) y[r * n + i] = turned[i * kColumnBlock + r];
          }
        });
  }

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
