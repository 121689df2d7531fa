// Step softmax_u8: softmax of bytes in [0, 255]. The difference of a byte from the largest of its row has 256
// values, so rows look e^x up; columns are turned into float32 in scratch. SPDX-License-Identifier:
// Apache-2.0
#include <algorithm>
#include <array>

#include "native/kernels/quantize_u8/quantize_u8.h"
#include "native/kernels/softmax_f32/softmax_f32.h"
#include "native/ops/checks.h"

namespace kompakt {
namespace {

/// Rows that are computed at a time fill about this many floats of scratch, or are one.
constexpr int64_t kBlock = 2048;

/// What an element takes, in those of kElementGrain.
constexpr int64_t kElementCost = 8;

class SoftmaxU8Step : public Step {
 public:
  SoftmaxU8Step(const ReduceDims& dims, float x_scale, int32_t x_zero, const QuantizeParams& y_params,
                const StepSpec& spec)
      : dims_(dims),
        x_scale_(x_scale),
        x_zero_(x_zero),
        y_params_(y_params),
        x_(spec.in(0)->data),
        y_(spec.out().data) {
    for (size_t below = 0; below < exp_.size(); ++below) exp_[below] = -static_cast<float>(below) * x_scale;
    UnaryF32({UnaryKind::kExp}, exp_.data(), exp_.data(), static_cast<int64_t>(exp_.size()));
  }

  /// Items of `outer` that are computed at a time.
  static int64_t RowsAtATime(const ReduceDims& dims) {
    return dims.inner == 1 ? std::max<int64_t>(1, kBlock / std::max<int64_t>(1, dims.reduced)) : 1;
  }

  void Run(const RunContext& context) override {
    const int64_t count = dims_.reduced * dims_.inner, rows = RowsAtATime(dims_);
    const int64_t blocks = (dims_.outer + rows - 1) / rows;
    float* scratch = reinterpret_cast<float*>(context.scratch);
    context.pool->ParallelFor(
        blocks, GrainOf(rows * count * kElementCost), [&](int64_t begin, int64_t end, int thread) {
          float* values = scratch + thread * rows * count;
          for (int64_t block = begin; block < end; ++block) {
            const int64_t first = block * rows, size = std::min(rows, dims_.outer - first);
            const uint8_t* x = x_ + first * count;
            if (dims_.inner == 1) {
              for (int64_t row = 0; row < size; ++row) Row(x + row * count, values + row * count);
            } else {
              BestQuantizeKernel().dequantize(x_scale_, x_zero_, x, values, count);
              BestSoftmaxKernel().columns(false, values, values, dims_.reduced, dims_.inner, dims_.inner);
            }
            BestQuantizeKernel().quantize(y_params_, values, y_ + first * count, size * count);
          }
        });
  }

 private:
  void Row(const uint8_t* x, float* y) const {
    const int64_t n = dims_.reduced;
    uint8_t largest = 0;
    for (int64_t i = 0; i < n; ++i) largest = std::max(largest, x[i]);
    // Sums side by side in a fixed order: one chain of additions would take longer than all else.
    constexpr int64_t kSums = 4;
    float sums[kSums] = {};
    for (int64_t i = 0; i < n; ++i) sums[i % kSums] += y[i] = exp_[static_cast<size_t>(largest - x[i])];
    const float sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    for (int64_t i = 0; i < n; ++i) y[i] /= sum;
  }

  ReduceDims dims_;
  float x_scale_;
  int32_t x_zero_;
  QuantizeParams y_params_;
  const uint8_t* x_;
  uint8_t* y_;
  std::array<float, 256> exp_;  // of how far a byte is below the largest
};

}  // namespace

Status MakeSoftmaxU8(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(1, 1, 1));
  KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(0), DType::kU8));
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(), DType::kU8));
  KPT_RETURN_IF_ERROR(CheckSameSize(spec, *spec.in(0), spec.out()));
  ReduceDims dims;
  KPT_RETURN_IF_ERROR(ReadReduceDims(spec, *spec.in(0), &dims));
  float x_scale = 0;
  int32_t x_zero = 0;
  QuantizeParams y_params;
  KPT_RETURN_IF_ERROR(spec.params.Float("xScale", &x_scale));
  KPT_RETURN_IF_ERROR(ReadByte(spec, "xZero", &x_zero));
  KPT_RETURN_IF_ERROR(spec.params.Float("yScale", &y_params.scale));
  KPT_RETURN_IF_ERROR(ReadByte(spec, "yZero", &y_params.zero));
  spec.scratch_bytes =
      static_cast<size_t>(SoftmaxU8Step::RowsAtATime(dims) * dims.reduced * dims.inner * spec.threads) *
      sizeof(float);
  *out = std::make_unique<SoftmaxU8Step>(dims, x_scale, x_zero, y_params, spec);
  return Status::Ok();
}

}  // namespace kompakt
