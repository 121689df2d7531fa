// matmul_u8: both operands are activations, so B is packed when the step runs: all its matrices, then all
// products, each shared among threads. b ^ 0x80 as s8 is b - 128. With b - bZero = (b - 128) + (128 - bZero):
//   acc = sum a * b8  +  (128 - bZero) * sum_k a  -  aZero * sum_k (b - bZero),
// the second term a bias of rows, the third of columns. Kernels without -128 get B in two halves, as in
// packed_weights.cc.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "native/kernels/byte_sums/byte_sums.h"
#include "native/kernels/gemm_s8/gemm_s8.h"
#include "native/ops/checks.h"
#include "native/ops/kernel_output.h"
#include "native/ops/step.h"

namespace kompakt {
namespace {

/// Rows of one task: enough for good tiles, few enough to share among threads.
constexpr int64_t kTaskRows = 48;

class MatMulU8 : public Step {
 public:
  Status Make(const StepSpec& spec);
  void Run(const RunContext& context) override;

 private:
  Status ReadShapes(const StepSpec& spec);
  void PackPanel(int64_t matrix, int64_t panel, int8_t* rows) const;
  void RunRows(int64_t batch, int64_t begin, int64_t end, int64_t first_panel, int64_t last_panel,
               uint16_t* words) const;

  const uint8_t* a_ = nullptr;
  const uint8_t* b_ = nullptr;
  KernelOutput output_;
  const uint8_t* run_time_zeros_[2] = {};  // of a and b where they are only known at run time
  int32_t a_zero_ = 0, b_zero_ = 0;
  float scale_value_ = 1;
  OutputRange range_;
  int64_t m_ = 0, k_ = 0, n_ = 0;
  std::vector<int64_t> a_of_, b_of_;  // which matrices of A and B every output matrix is the product of
  int64_t matrices_b_ = 0;
  const GemmS8Kernel* kernel_ = nullptr;
  GemmPanels panels_;
  int parts_ = 1;
  size_t panel_bytes_ = 0;  // of one unit of columns
  AlignedBuffer scale_;
  std::vector<int32_t> row_offsets_, tap_offsets_;
  // Scratch, in this order; set when the step runs.
  size_t packed_bytes_ = 0, bias_bytes_ = 0;  // of one matrix of B
  size_t rows_bytes_ = 0, words_bytes_ = 0;   // of one thread: columns of B k by k, rows of A as words
  int8_t* packed_ = nullptr;
  uint32_t* bias_ = nullptr;
  float* wide_ = nullptr;
};

/// The operand's matrix for every matrix of y: dims of 1 repeat.
Status BatchMatrices(const StepSpec& spec, const TensorView& t, std::vector<int64_t>* matrices) {
  const TensorView& y = spec.out();
  const int batch_rank = y.rank - 2, skip = y.rank - t.rank;
  if (skip < 0) return spec.Fail("an operand has more dimensions than y");
  int64_t count = 1;
  for (int d = 0; d < batch_rank; ++d) count *= y.dims[d];
  for (int64_t i = 0; i < count; ++i) {
    int64_t rest = i, matrix = 0, stride = 1;
    for (int d = batch_rank - 1; d >= 0; --d) {
      const int64_t index = rest % y.dims[d];
      rest /= y.dims[d];
      if (d < skip) continue;
      const int64_t size = t.dims[d - skip];
      if (size != 1 && size != y.dims[d]) return spec.Fail("batch dimensions do not broadcast");
      if (size != 1) matrix += index * stride;
      stride *= size;
    }
    matrices->push_back(matrix);
  }
  return Status::Ok();
}

Status MatMulU8::ReadShapes(const StepSpec& spec) {
  const TensorView& a = *spec.in(0);
  const TensorView& b = *spec.in(1);
  const TensorView& y = spec.out();
  const bool known = y.dtype == DType::kU8 || y.dtype == DType::kF32 || y.dtype == DType::kS32;
  if (a.dtype != DType::kU8 || b.dtype != DType::kU8 || !known)
    return spec.Fail("a and b must be u8, y u8, f32 or s32");
  if (a.rank < 2 || b.rank < 2 || y.rank < 2) return spec.Fail("operands must be matrices");
  m_ = a.dims[a.rank - 2], k_ = a.dims[a.rank - 1], n_ = b.dims[b.rank - 1];
  if (b.dims[b.rank - 2] != k_ || y.dims[y.rank - 2] != m_ || y.dims[y.rank - 1] != n_)
    return spec.Fail("M, K and N do not agree");
  if (k_ > INT32_MAX / 256) return TooLarge(spec, "K is too large");
  a_ = a.data, b_ = b.data;
  KPT_RETURN_IF_ERROR(BatchMatrices(spec, a, &a_of_));
  KPT_RETURN_IF_ERROR(BatchMatrices(spec, b, &b_of_));
  for (int64_t matrix : b_of_) matrices_b_ = std::max(matrices_b_, matrix + 1);
  return Status::Ok();
}

Status MatMulU8::Make(const StepSpec& spec) {
  KPT_RETURN_IF_ERROR(ReadShapes(spec));
  KPT_RETURN_IF_ERROR(spec.params.Int32("aZero", &a_zero_));
  KPT_RETURN_IF_ERROR(spec.params.Int32("bZero", &b_zero_));
  KPT_RETURN_IF_ERROR(spec.params.Float("scale", &scale_value_));
  KPT_RETURN_IF_ERROR(spec.params.Int32("yZero", &range_.zero));
  KPT_RETURN_IF_ERROR(spec.params.Int32("lo", &range_.lo));
  KPT_RETURN_IF_ERROR(spec.params.Int32("hi", &range_.hi));
  if (!std::isfinite(scale_value_)) return spec.Fail("scale is not finite");
  for (int32_t byte : {a_zero_, b_zero_, range_.zero, range_.lo, range_.hi})
    if (byte < 0 || byte > 255) return spec.Fail("a zero point or bound is outside of 0..255");
  for (int i = 0; i < 2; ++i) {
    const TensorView* zero = spec.in(2 + i);
    if (zero == nullptr) continue;
    if (zero->dtype != DType::kU8 || zero->size() != 1) return spec.Fail("a zero point must be one u8");
    run_time_zeros_[i] = zero->data;
  }
  output_ = KernelOutput(spec.out(), std::fabs(scale_value_) <= kMaxFastScale);
  kernel_ = &ChooseGemmS8(false);
  panels_ = GemmPanels(kernel_->unit, kernel_->max_units, n_);
  parts_ = kernel_->min_weight == -128 ? 1 : 2;
  panel_bytes_ = GemmS8TapBytes(*kernel_, static_cast<int>(k_)) * static_cast<size_t>(parts_);
  const int64_t width = panels_.units * panels_.unit;
  scale_ = AlignedBuffer(static_cast<size_t>(width) * 4);
  if (scale_.data() == nullptr) return Status::Error("KPT_TOO_LARGE", "matmul_u8 scales");
  std::fill(scale_.as<float>(), scale_.as<float>() + n_, scale_value_);
  for (int64_t i = 0; i < std::min(m_, kTaskRows); ++i) row_offsets_.push_back(static_cast<int32_t>(i * k_));
  tap_offsets_.assign(static_cast<size_t>(parts_), 0);
  packed_bytes_ = AlignUp(panel_bytes_ * static_cast<size_t>(panels_.units));
  bias_bytes_ = AlignUp(static_cast<size_t>(width) * 4);
  const int64_t widest = std::min<int64_t>(n_, int64_t{kernel_->unit} * kernel_->max_units);
  rows_bytes_ = AlignUp(static_cast<size_t>(k_ * widest));
  const size_t task = static_cast<size_t>(std::min(m_, kTaskRows) * k_);
  if (kernel_->widen != nullptr) words_bytes_ = AlignUp(task * sizeof(uint16_t) + kReadPadding);
  spec.scratch_bytes = kReadPadding + (packed_bytes_ + bias_bytes_) * static_cast<size_t>(matrices_b_) +
                       (rows_bytes_ + words_bytes_) * static_cast<size_t>(spec.threads) +
                       (output_.rounds() ? a_of_.size() * static_cast<size_t>(m_ * n_) * sizeof(float) : 0);
  return Status::Ok();
}

/// Packs the columns of one panel and folds their biases. `rows`: room for the panel, k by k.
void MatMulU8::PackPanel(int64_t matrix, int64_t panel, int8_t* rows) const {
  const int width = panels_.Width(panel), columns = panels_.Columns(panel);
  int8_t* out = packed_ + packed_bytes_ * static_cast<size_t>(matrix) +
                panel_bytes_ * static_cast<size_t>(panels_.BeginUnit(panel));
  const size_t part_bytes =
      panel_bytes_ / static_cast<size_t>(parts_) * static_cast<size_t>(width / panels_.unit);
  std::memset(out, 0, part_bytes * static_cast<size_t>(parts_));
  uint32_t* bias = bias_ + bias_bytes_ / 4 * static_cast<size_t>(matrix) + panels_.Begin(panel);
  std::memset(bias, 0, static_cast<size_t>(width) * 4);
  const uint8_t* b = b_ + matrix * k_ * n_ + panels_.Begin(panel);
  for (int64_t k = 0; k < k_; ++k)
    for (int n = 0; n < columns; ++n) bias[n] += b[k * n_ + n];
  // What the kernel itself takes off every byte of A, and -aZero * (b - bZero); all of it wraps, as
  // accumulators do.
  const uint32_t count = static_cast<uint32_t>(k_);
  for (int n = 0; n < columns; ++n)
    bias[n] = static_cast<uint32_t>(kernel_->a_offset) * (bias[n] - 128 * count) -
              static_cast<uint32_t>(a_zero_) * (bias[n] - static_cast<uint32_t>(b_zero_) * count);
  for (int part = 0; part < parts_; ++part) {
    for (int64_t k = 0; k < k_; ++k) {
      const uint8_t* from = b + k * n_;
      int8_t* to = rows + k * columns;
      if (parts_ == 1)
        for (int n = 0; n < columns; ++n) to[n] = static_cast<int8_t>(from[n] ^ 0x80);
      else
        for (int n = 0; n < columns; ++n) {
          const int value = from[n] - 128, share = value / 2;
          to[n] = static_cast<int8_t>(part == 0 ? value - share : share);
        }
    }
    kernel_->pack({rows, 1, columns, columns, width, static_cast<int>(k_)},
                  out + part_bytes * static_cast<size_t>(part));
  }
}

/// Rows [begin, end), at most kTaskRows of them, of one product. `words`: room for them.
void MatMulU8::RunRows(int64_t batch, int64_t begin, int64_t end, int64_t first_panel, int64_t last_panel,
                       uint16_t* words) const {
  const size_t product = static_cast<size_t>(batch), matrix = static_cast<size_t>(b_of_[product]);
  int32_t row_bias[kTaskRows];
  GemmS8Block block = {};
  const uint8_t* a = a_ + (a_of_[product] * m_ + begin) * k_;
  if (words_bytes_ > 0) kernel_->widen(a, (end - begin) * k_, words);
  block.a = kernel_->A(a, words, 0);
  block.row_offsets = row_offsets_.data();
  block.tap_offsets = tap_offsets_.data();
  block.rows = end - begin;
  block.taps = parts_;
  block.tap_bytes = static_cast<int>(k_);
  block.row_bias = row_bias;
  block.output = output_.kind();
  block.y_stride = n_;
  block.range = range_;
  BestByteSumsKernel().run(a, block.rows, k_, k_, reinterpret_cast<uint32_t*>(row_bias));
  for (int64_t r = 0; r < block.rows; ++r)
    row_bias[r] =
        static_cast<int32_t>(static_cast<uint32_t>(row_bias[r]) * static_cast<uint32_t>(128 - b_zero_));
  const int64_t at = (batch * m_ + begin) * n_;
  for (int64_t panel = first_panel; panel < last_panel; ++panel) {
    const int64_t column = panels_.Begin(panel);
    block.b = packed_ + packed_bytes_ * matrix + panel_bytes_ * static_cast<size_t>(panels_.BeginUnit(panel));
    block.bias = reinterpret_cast<const int32_t*>(bias_ + bias_bytes_ / 4 * matrix + column);
    block.scale = scale_.as<float>() + column;
    block.columns = panels_.Columns(panel);
    block.y = output_.At(at + column, wide_ + at + column);
    kernel_->run(block);
    if (!output_.rounds()) continue;
    for (int64_t r = 0; r < block.rows; ++r)
      for (int64_t n = 0; n < block.columns; ++n) {
        const int64_t i = at + column + r * n_ + n;
        output_.bytes()[i] = RoundToByte(wide_[i], range_);
      }
  }
}

void MatMulU8::Run(const RunContext& context) {
  const size_t matrices = static_cast<size_t>(matrices_b_);
  packed_ = reinterpret_cast<int8_t*>(context.scratch);
  bias_ = reinterpret_cast<uint32_t*>(context.scratch + packed_bytes_ * matrices);
  uint8_t* rows = context.scratch + (packed_bytes_ + bias_bytes_) * matrices;
  uint8_t* words = rows + rows_bytes_ * static_cast<size_t>(context.pool->threads());
  wide_ = reinterpret_cast<float*>(words + words_bytes_ * static_cast<size_t>(context.pool->threads()));
  const int64_t panels = panels_.count, batches = static_cast<int64_t>(a_of_.size());
  if (m_ == 0) return;
  if (run_time_zeros_[0] != nullptr) a_zero_ = *run_time_zeros_[0];
  if (run_time_zeros_[1] != nullptr) b_zero_ = *run_time_zeros_[1];
  context.pool->ParallelFor(matrices_b_ * panels, GrainOf(k_ * panels_.n / std::max<int64_t>(panels, 1)),
                            [&](int64_t begin, int64_t end, int thread) {
                              int8_t* room =
                                  reinterpret_cast<int8_t*>(rows + rows_bytes_ * static_cast<size_t>(thread));
                              for (int64_t i = begin; i < end; ++i) PackPanel(i / panels, i % panels, room);
                            });
  // Panels are shared out too only where there are too few rows: the sums of rows are then made anew.
  const int64_t blocks = (m_ + kTaskRows - 1) / kTaskRows;
  const int64_t cuts = batches * blocks < context.pool->threads() ? panels : 1;
  context.pool->ParallelFor(batches * blocks * cuts, 1, [&](int64_t begin, int64_t end, int thread) {
    uint16_t* room = reinterpret_cast<uint16_t*>(words + words_bytes_ * static_cast<size_t>(thread));
    for (int64_t i = begin; i < end; ++i) {
      const int64_t cut = i % cuts, row = i / cuts % blocks * kTaskRows;
      RunRows(i / cuts / blocks, row, std::min(m_, row + kTaskRows), cut * panels / cuts,
              (cut + 1) * panels / cuts, room);
    }
  });
}

}  // namespace

Status MakeMatMulU8(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 4, 1));
  auto step = std::make_unique<MatMulU8>();
  KPT_RETURN_IF_ERROR(step->Make(spec));
  *out = std::move(step);
  return Status::Ok();
}

}  // namespace kompakt
