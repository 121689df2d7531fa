// Step reduce_mean_u8: mean of bytes over the middle of [outer, reduced, inner]: global average pool (inner =
// C of NHWC) and ReduceMean. The mean of nothing is yZero. SPDX-License-Identifier: Apache-2.0
#include "native/kernels/pool/pool.h"
#include "native/ops/checks.h"

namespace kompakt {
namespace {

// Channels of one item of work: enough to fill vectors, few enough to share a small image among threads.
constexpr int64_t kChannelBlock = 256;

class ReduceMeanU8Step : public Step {
 public:
  ReduceMeanU8Step(const ReduceDims& dims, const AverageU8Params& params, const StepSpec& spec)
      : dims_(dims), params_(params), x_(spec.in(0)->data), y_(spec.out().data) {
    if (dims.reduced > 0) params_.factor = params.factor / static_cast<float>(dims.reduced);
    if (dims.inner > 1)
      for (int64_t r = 0; r < dims.reduced; ++r) taps_.push_back(r * dims.inner);
  }

  void Run(const RunContext& context) override {
    const PoolKernel& kernel = BestPoolKernel();
    const int64_t blocks = (dims_.inner + kChannelBlock - 1) / kChannelBlock;
    const int64_t work = dims_.reduced * (dims_.inner < kChannelBlock ? dims_.inner : kChannelBlock);
    context.pool->ParallelFor(dims_.outer * blocks, GrainOf(work), [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t outer = i / blocks, c = i % blocks * kChannelBlock;
        const uint8_t* x = x_ + outer * dims_.reduced * dims_.inner + c;
        uint8_t* y = y_ + outer * dims_.inner + c;
        if (dims_.inner == 1) {
          kernel.average_row_u8(params_, x, dims_.reduced, y);
        } else {
          const int64_t width = dims_.inner - c < kChannelBlock ? dims_.inner - c : kChannelBlock;
          kernel.average_u8(params_, x, taps_.data(), dims_.reduced, y, width);
        }
      }
    });
  }

 private:
  ReduceDims dims_;
  AverageU8Params params_;
  std::vector<int64_t> taps_;
  const uint8_t* x_;
  uint8_t* y_;
};

}  // namespace

Status MakeReduceMeanU8(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(1, 1, 1));
  KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(0), DType::kU8));
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(), DType::kU8));
  ReduceDims dims;
  KPT_RETURN_IF_ERROR(ReadReduceDims(spec, *spec.in(0), &dims));
  KPT_RETURN_IF_ERROR(CheckSize(spec, spec.out(), {dims.outer, dims.inner}));
  if (dims.reduced > kMaxAverageCount) return spec.Fail("too many elements to sum");
  AverageU8Params params;
  KPT_RETURN_IF_ERROR(ReadAverageU8(spec, &params));
  *out = std::make_unique<ReduceMeanU8Step>(dims, params, spec);
  return Status::Ok();
}

}  // namespace kompakt
