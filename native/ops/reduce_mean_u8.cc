// Step reduce_mean_u8: mean of bytes over the middle of [outer, reduced, inner]: global average pool (inner =
// C of NHWC) and ReduceMean. The mean of nothing is yZero. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "native/kernels/pool/pool.h"
#include "native/ops/checks.h"

namespace kompakt {
namespace {

// Rows of fewer bytes are summed several side by side, as one row of columns.
constexpr int64_t kWideRow = 256;
// Bytes of one item of work, where the rows of a mean are shared among threads.
constexpr int64_t kChunkBytes = 1 << 14;

class ReduceMeanU8Step : public Step {
 public:
  ReduceMeanU8Step(const ReduceDims& dims, const AverageU8Params& params, const StepSpec& spec)
      : dims_(dims),
        params_(params),
        fold_(dims.inner == 0 ? 1 : std::max<int64_t>(1, kWideRow / dims.inner)),
        columns_(fold_ * dims.inner),
        rows_(dims.reduced / fold_),
        shared_(dims.outer < spec.threads),
        x_(spec.in(0)->data),
        y_(spec.out().data) {
    if (dims.reduced > 0) params_.factor = params.factor / static_cast<float>(dims.reduced);
    const int64_t means = shared_ ? dims.outer : 1;
    thread_sums_ = AlignUp(static_cast<size_t>(means * columns_) * sizeof(int32_t)) / sizeof(int32_t);
    spec.scratch_bytes = thread_sums_ * sizeof(int32_t) * static_cast<size_t>(spec.threads);
  }

  void Run(const RunContext& context) override {
    int32_t* sums = reinterpret_cast<int32_t*>(context.scratch);
    if (shared_) return RunShared(context, sums);
    context.pool->ParallelFor(dims_.outer, GrainOf(dims_.reduced * dims_.inner),
                              [&](int64_t begin, int64_t end, int thread) {
                                int32_t* own = sums + static_cast<size_t>(thread) * thread_sums_;
                                for (int64_t outer = begin; outer < end; ++outer) {
                                  std::fill_n(own, columns_, 0);
                                  AddRows(outer, 0, rows_, own);
                                  Finish(outer, own);
                                }
                              });
  }

 private:
  /// Fewer means than threads: threads share the rows of each and add up what each of them has.
  void RunShared(const RunContext& context, int32_t* sums) {
    const int64_t chunk = std::max<int64_t>(1, kChunkBytes / std::max<int64_t>(1, columns_));
    const int64_t chunks = (rows_ + chunk - 1) / chunk;
    std::fill_n(sums, thread_sums_ * static_cast<size_t>(context.pool->threads()), 0);
    context.pool->ParallelFor(dims_.outer * chunks, GrainOf(chunk * columns_),
                              [&](int64_t begin, int64_t end, int thread) {
                                int32_t* own = sums + static_cast<size_t>(thread) * thread_sums_;
                                for (int64_t i = begin; i < end; ++i) {
                                  const int64_t outer = i / chunks, row = i % chunks * chunk;
                                  AddRows(outer, row, std::min(row + chunk, rows_), own + outer * columns_);
                                }
                              });
    for (int thread = 1; thread < context.pool->threads(); ++thread)
      for (int64_t i = 0; i < dims_.outer * columns_; ++i)
        sums[i] += sums[static_cast<size_t>(thread) * thread_sums_ + static_cast<size_t>(i)];
    for (int64_t outer = 0; outer < dims_.outer; ++outer) Finish(outer, sums + outer * columns_);
  }

  void AddRows(int64_t outer, int64_t begin, int64_t end, int32_t* sums) const {
    const uint8_t* x = x_ + outer * dims_.reduced * dims_.inner + begin * columns_;
    BestPoolKernel().column_sums_u8(x, end - begin, columns_, columns_, sums);
  }

  /// Adds the rows that fill no row of columns, and columns that belong together.
  void Finish(int64_t outer, int32_t* sums) const {
    const PoolKernel& kernel = BestPoolKernel();
    const uint8_t* rest = x_ + outer * dims_.reduced * dims_.inner + rows_ * columns_;
    kernel.column_sums_u8(rest, 1, 0, (dims_.reduced - rows_ * fold_) * dims_.inner, sums);
    for (int64_t i = dims_.inner; i < columns_; ++i) sums[i % dims_.inner] += sums[i];
    kernel.average_sums(params_, sums, dims_.reduced, y_ + outer * dims_.inner, dims_.inner);
  }

  ReduceDims dims_;
  AverageU8Params params_;
  int64_t fold_, columns_, rows_;
  bool shared_;
  size_t thread_sums_ = 0;
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
