// matmul_u8: both operands are activations, so B is packed when the step runs: b ^ 0x80 as s8 (b - 128). With
// b - bZero = (b - 128) + (128 - bZero):
//   acc = sum a * b8  +  (128 - bZero) * sum_k a  -  aZero * sum_k (b - bZero),
// the second term a bias of rows, the third of columns. Kernels without -128 get B in two halves, as in
// packed_weights.cc.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "native/kernels/byte_sums/byte_sums.h"
#include "native/kernels/gemm_s8/gemm_s8.h"
#include "native/ops/checks.h"
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
  void PackPanel(const uint8_t* b, int64_t panel) const;
  void RunRows(const uint8_t* a, int64_t batch, int64_t begin, int64_t end) const;
  int8_t* Panel(int64_t panel) const {
    return packed_ + panel_bytes_ * static_cast<size_t>(panels_.BeginUnit(panel));
  }

  const uint8_t* a_ = nullptr;
  const uint8_t* b_ = nullptr;
  uint8_t* y_ = nullptr;
  bool to_f32_ = false, fast_scale_ = true;
  int32_t a_zero_ = 0, b_zero_ = 0;
  float scale_value_ = 1;
  OutputRange range_;
  int64_t m_ = 0, k_ = 0, n_ = 0;
  std::vector<int64_t> a_batches_, b_batches_;  // offsets of every output matrix's operands, in bytes
  const GemmS8Kernel* kernel_ = nullptr;
  GemmPanels panels_;
  int parts_ = 1;
  size_t panel_bytes_ = 0;  // of one unit of columns
  AlignedBuffer scale_;
  std::vector<int32_t> row_offsets_, tap_offsets_;
  // Scratch, in this order; set when the step runs.
  size_t packed_bytes_ = 0, bias_bytes_ = 0, row_bias_bytes_ = 0;
  int8_t* packed_ = nullptr;
  uint32_t* bias_ = nullptr;
  int32_t* row_bias_ = nullptr;
  float* wide_ = nullptr;
};

/// Offsets of the operand's matrices for every matrix of y: dims of 1 repeat.
Status BatchOffsets(const StepSpec& spec, const TensorView& t, std::vector<int64_t>* offsets) {
  const TensorView& y = spec.out();
  const int batch_rank = y.rank - 2, skip = y.rank - t.rank;
  if (skip < 0) return spec.Fail("an operand has more dimensions than y");
  int64_t count = 1;
  for (int d = 0; d < batch_rank; ++d) count *= y.dims[d];
  for (int64_t i = 0; i < count; ++i) {
    int64_t rest = i, offset = 0, stride = t.dims[t.rank - 2] * t.dims[t.rank - 1];
    for (int d = batch_rank - 1; d >= 0; --d) {
      const int64_t index = rest % y.dims[d];
      rest /= y.dims[d];
      if (d < skip) continue;
      const int64_t size = t.dims[d - skip];
      if (size != 1 && size != y.dims[d]) return spec.Fail("batch dimensions do not broadcast");
      if (size != 1) offset += index * stride;
      stride *= size;
    }
    offsets->push_back(offset);
  }
  return Status::Ok();
}

Status MatMulU8::ReadShapes(const StepSpec& spec) {
  const TensorView& a = *spec.in(0);
  const TensorView& b = *spec.in(1);
  const TensorView& y = spec.out();
  if (a.dtype != DType::kU8 || b.dtype != DType::kU8 || (y.dtype != DType::kU8 && y.dtype != DType::kF32))
    return spec.Fail("a and b must be u8, y u8 or f32");
  if (a.rank < 2 || b.rank < 2 || y.rank < 2) return spec.Fail("operands must be matrices");
  m_ = a.dims[a.rank - 2], k_ = a.dims[a.rank - 1], n_ = b.dims[b.rank - 1];
  if (b.dims[b.rank - 2] != k_ || y.dims[y.rank - 2] != m_ || y.dims[y.rank - 1] != n_)
    return spec.Fail("M, K and N do not agree");
  if (k_ > INT32_MAX / 256) return TooLarge(spec, "K is too large");
  a_ = a.data, b_ = b.data, y_ = y.data;
  to_f32_ = y.dtype == DType::kF32;
  KPT_RETURN_IF_ERROR(BatchOffsets(spec, a, &a_batches_));
  return BatchOffsets(spec, b, &b_batches_);
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
  fast_scale_ = std::fabs(scale_value_) <= kMaxFastScale;
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
  packed_bytes_ = AlignUp(panel_bytes_ * static_cast<size_t>(panels_.units) + kReadPadding);
  bias_bytes_ = AlignUp(static_cast<size_t>(width) * 4);
  row_bias_bytes_ = AlignUp(static_cast<size_t>(m_) * 4);
  const bool wide = !to_f32_ && !fast_scale_;
  spec.scratch_bytes = packed_bytes_ + bias_bytes_ + row_bias_bytes_ +
                       (wide ? static_cast<size_t>(m_ * n_) * sizeof(float) : 0);
  return Status::Ok();
}

/// Packs the columns of one panel and folds their biases.
void MatMulU8::PackPanel(const uint8_t* b, int64_t panel) const {
  const int width = panels_.Width(panel), columns = panels_.Columns(panel);
  int8_t* out = Panel(panel);
  const size_t part_bytes =
      panel_bytes_ / static_cast<size_t>(parts_) * static_cast<size_t>(width / panels_.unit);
  std::fill(out, out + part_bytes * static_cast<size_t>(parts_), int8_t{0});
  uint32_t* bias = bias_ + panels_.Begin(panel);  // wraps, as accumulators do
  std::fill(bias, bias + width, 0u);
  for (int k = 0; k < k_; ++k) {
    const uint8_t* row = b + k * n_ + panels_.Begin(panel);
    for (int n = 0; n < columns; ++n) {
      const int value = row[n] - 128, share = parts_ == 1 ? 0 : value / 2;
      const size_t at = kernel_->offset(k, n, width);
      out[at] = static_cast<int8_t>(value - share);
      if (parts_ == 2) out[part_bytes + at] = static_cast<int8_t>(share);
      // -aZero * (b - bZero), and what the kernel itself takes off every byte of A.
      bias[n] += static_cast<uint32_t>(kernel_->a_offset * value - a_zero_ * (row[n] - b_zero_));
    }
  }
}

void MatMulU8::RunRows(const uint8_t* a, int64_t batch, int64_t begin, int64_t end) const {
  GemmS8Block block = {};
  block.a = a + begin * k_;
  block.row_offsets = row_offsets_.data();
  block.tap_offsets = tap_offsets_.data();
  block.rows = end - begin;
  block.taps = parts_;
  block.tap_bytes = static_cast<int>(k_);
  block.row_bias = row_bias_ + begin;
  block.to_f32 = to_f32_ || !fast_scale_;
  block.y_stride = n_;
  block.range = range_;
  BestByteSumsKernel().run(block.a, block.rows, k_, k_, reinterpret_cast<uint32_t*>(row_bias_ + begin));
  for (int64_t r = begin; r < end; ++r)
    row_bias_[r] =
        static_cast<int32_t>(static_cast<uint32_t>(row_bias_[r]) * static_cast<uint32_t>(128 - b_zero_));
  float* floats = to_f32_ ? reinterpret_cast<float*>(y_) + batch * m_ * n_ : wide_;
  for (int64_t panel = 0; panel < panels_.count; ++panel) {
    const int64_t column = panels_.Begin(panel), at = begin * n_ + column;
    block.b = Panel(panel);
    block.bias = reinterpret_cast<const int32_t*>(bias_ + column);
    block.scale = scale_.as<float>() + column;
    block.columns = panels_.Columns(panel);
    block.y = block.to_f32 ? static_cast<void*>(floats + at) : y_ + batch * m_ * n_ + at;
    kernel_->run(block);
  }
  if (to_f32_ || fast_scale_) return;
  for (int64_t i = begin * n_; i < end * n_; ++i) y_[batch * m_ * n_ + i] = RoundToByte(wide_[i], range_);
}

void MatMulU8::Run(const RunContext& context) {
  packed_ = reinterpret_cast<int8_t*>(context.scratch);
  bias_ = reinterpret_cast<uint32_t*>(context.scratch + packed_bytes_);
  row_bias_ = reinterpret_cast<int32_t*>(context.scratch + packed_bytes_ + bias_bytes_);
  wide_ = reinterpret_cast<float*>(context.scratch + packed_bytes_ + bias_bytes_ + row_bias_bytes_);
  for (size_t batch = 0; batch < a_batches_.size(); ++batch) {
    if (batch == 0 || b_batches_[batch] != b_batches_[batch - 1])
      context.pool->ParallelFor(panels_.count, 1, [&](int64_t begin, int64_t end, int) {
        for (int64_t panel = begin; panel < end; ++panel) PackPanel(b_ + b_batches_[batch], panel);
      });
    const int64_t tasks = (m_ + kTaskRows - 1) / kTaskRows;
    context.pool->ParallelFor(tasks, 1, [&](int64_t begin, int64_t end, int) {
      for (int64_t task = begin; task < end; ++task)
        RunRows(a_ + a_batches_[batch], static_cast<int64_t>(batch), task * kTaskRows,
                std::min(m_, (task + 1) * kTaskRows));
    });
  }
}

}  // namespace

Status MakeMatMulU8(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 2, 1));
  auto step = std::make_unique<MatMulU8>();
  KPT_RETURN_IF_ERROR(step->Make(spec));
  *out = std::move(step);
  return Status::Ok();
}

}  // namespace kompakt
