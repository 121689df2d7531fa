// Step softmax_u8: softmax of bytes in [0, 255]. The difference of a byte from the largest of its row has 256
// values, so rows look e^x up, in 24 bits for their sum, which is then exact in any order:
//   factor = (2^24 - 1) / sum of round(e^(x - largest) * (2^24 - 1)),  y = quantize(e^(x - largest) * factor)
// Long rows look bytes up: those of the 24 bits one by one, where a vector of them takes a few instructions,
// and the results, of which each row has 256. Columns are turned into float32 in scratch.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>

#include "native/kernels/byte_sums/byte_sums.h"
#include "native/kernels/quantize_u8/quantize_u8.h"
#include "native/kernels/softmax_f32/softmax_f32.h"
#include "native/kernels/table_u8/table_u8.h"
#include "native/ops/checks.h"

namespace kompakt {
namespace {

/// Rows that are computed at a time fill about this many floats of scratch, or are one.
constexpr int64_t kBlock = 2048;

/// What an element takes, in those of kElementGrain.
constexpr int64_t kElementCost = 4;

/// Rows that are long enough for tables. Their scratch has room for bytes that are read past the end.
constexpr int64_t kLongRow = 128;
static_assert(kLongRow * sizeof(float) >= kLongRow + kReadPadding, "bytes of a row fit where its floats do");

constexpr uint32_t kOne = (1u << 24) - 1;

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
    for (size_t i = 0; i < kBytes; ++i) exp_[i] = -static_cast<float>(kBytes - 1 - i) * x_scale;
    UnaryF32({UnaryKind::kExp}, exp_.data(), exp_.data(), static_cast<int64_t>(kBytes));
    for (size_t i = 0; i < kBytes; ++i) {
      fixed_[i] = static_cast<uint32_t>(std::lround(static_cast<double>(exp_[i]) * kOne));
      for (size_t plane = 0; plane < planes_.size(); ++plane)
        planes_[plane][i] = static_cast<uint8_t>(fixed_[i] >> (8 * plane));
    }
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
            uint8_t* y = y_ + first * count;
            if (dims_.inner == 1 && count >= kLongRow) {
              for (int64_t row = 0; row < size; ++row)
                LongRow(x + row * count, reinterpret_cast<uint8_t*>(values), y + row * count);
              continue;
            }
            if (dims_.inner == 1) {
              for (int64_t row = 0; row < size; ++row) Row(x + row * count, values + row * count);
            } else {
              BestQuantizeKernel().dequantize(x_scale_, x_zero_, x, values, count);
              BestSoftmaxKernel().columns(false, values, values, dims_.reduced, dims_.inner, dims_.inner);
            }
            BestQuantizeKernel().quantize(y_params_, values, y, size * count);
          }
        });
  }

 private:
  static constexpr size_t kBytes = 256;
  /// A table of bytes, and room to look bytes up from the largest of a row down.
  using Table = std::array<uint8_t, 2 * kBytes>;

  /// Where the largest byte of a row must be in a table for it to be looked up last.
  size_t Begin(const uint8_t* x) const {
    uint8_t largest = 0;
    for (int64_t i = 0; i < dims_.reduced; ++i) largest = std::max(largest, x[i]);
    return kBytes - 1 - largest;
  }

  static float Factor(uint64_t sum) {
    return static_cast<float>(static_cast<double>(kOne) / static_cast<double>(sum));
  }

  void Row(const uint8_t* x, float* y) const {
    const int64_t n = dims_.reduced;
    const size_t begin = Begin(x);
    uint64_t sum = 0;
    for (int64_t i = 0; i < n; ++i) sum += fixed_[begin + x[i]];
    const float factor = Factor(sum);
    for (int64_t i = 0; i < n; ++i) y[i] = exp_[begin + x[i]] * factor;
  }

  void LongRow(const uint8_t* x, uint8_t* bytes, uint8_t* y) const {
    const int64_t n = dims_.reduced;
    const size_t begin = Begin(x);
    uint64_t sum = 0;
    if (HasTier(kAvx512Vbmi)) {
      for (size_t plane = 0; plane < planes_.size(); ++plane) {
        uint32_t part = 0;
        BestTableU8Kernel().run(planes_[plane].data() + begin, x, bytes, n);
        BestByteSumsKernel().run(bytes, 1, n, n, &part);
        sum += static_cast<uint64_t>(part) << (8 * plane);
      }
    } else {
      for (int64_t i = 0; i < n; ++i) sum += fixed_[begin + x[i]];
    }
    const float factor = Factor(sum);
    float values[kBytes];
    for (size_t i = 0; i < kBytes; ++i) values[i] = exp_[i] * factor;
    Table table = {};
    BestQuantizeKernel().quantize(y_params_, values, table.data(), static_cast<int64_t>(kBytes));
    BestTableU8Kernel().run(table.data() + begin, x, y, n);
  }

  ReduceDims dims_;
  float x_scale_;
  int32_t x_zero_;
  QuantizeParams y_params_;
  const uint8_t* x_;
  uint8_t* y_;
  // At kBytes - 1 for the largest byte of a row, and below it for those below.
  std::array<float, kBytes> exp_;
  std::array<uint32_t, kBytes> fixed_;  // in units of 1 / kOne
  std::array<Table, 3> planes_ = {};    // the bytes of that, lowest first
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
