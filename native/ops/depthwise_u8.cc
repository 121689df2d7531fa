// Depthwise conv_u8: tasks are groups of output rows by chunks of channels and columns whose scratch stays in
// the first cache level beside input rows that the next reads again. SPDX-License-Identifier: Apache-2.0
#include "native/ops/depthwise_u8.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "native/kernels/dwconv_s8/dwconv_s8.h"
#include "native/ops/checks.h"
#include "native/ops/chunks.h"
#include "native/ops/conv_finish.h"
#include "native/ops/kernel_output.h"
#include "native/ops/packed_weights.h"

namespace kompakt {
namespace {

constexpr int64_t kChunkBytes = 16 * 1024;
/// Bytes of one scratch column: enough of a pixel that few cache lines belong to two chunks.
constexpr int64_t kColumnBytes = 1024;
/// Output columns of a chunk for every column that its neighbour lays out again.
constexpr int64_t kColumnsPerOverlap = 4;
/// Output rows that share one filling in the direct layout.
constexpr int64_t kDirectRows = 4;

class DepthwiseU8 : public Step {
 public:
  Status Make(const StepSpec& spec, const ConvShape& shape);
  void Run(const RunContext& context) override;

 private:
  void ChooseRows();
  void ChooseChunks();
  Status Pack(const StepSpec& spec, const ConvChannels& channels);
  void PackChannel(int64_t c, const int8_t* w, int zero, uint8_t* block) const;
  int64_t FillWidth(int64_t out_columns) const;
  void FillColumns(int64_t image, int64_t first_row, Range c, Range columns, uint8_t* scratch) const;
  void RunRow(const uint8_t* scratch, int64_t image, int64_t y, int64_t r, Range c, Range columns,
              float* wide) const;

  ConvShape shape_;
  ConvFinish finish_;
  RunTimeParams run_time_;
  const DwConvS8Kernel* kernel_ = nullptr;
  const uint8_t* x_ = nullptr;
  KernelOutput output_;
  bool pairs_fit_ = true, small_sums_ = false;
  int64_t quads_ = 1;      // q of the quads layout, 1 in the direct one
  int64_t rows_ = 1;       // output rows that share one filling
  int64_t fill_rows_ = 4;  // input rows of one filling
  int64_t used_rows_ = 4;  // those that meet weights other than zero
  int64_t taps_ = 0;       // of one part
  int64_t parts_ = 1;      // summands of a weight: minus its zero point it may need more than 8 bits
  int64_t blocks_ = 0;
  std::vector<Range> channel_chunks_, column_chunks_;
  int64_t pitch_ = 0, columns_ = 0;  // of the scratch: channels and columns of the largest chunk
  size_t wide_scratch_ = 0, thread_scratch_ = 0;
  const int8_t* packed_ = nullptr;
  FoldedChannels channels_;
  AlignedBuffer border_;
  std::vector<int32_t> tap_offsets_;
};

/// Input columns that `out_columns` neighbouring outputs see.
int64_t DepthwiseU8::FillWidth(int64_t out_columns) const {
  return (out_columns - 1) * shape_.stride_x + (shape_.kernel_width - 1) * shape_.dilation_x + 1;
}

void DepthwiseU8::ChooseRows() {
  const int64_t kh = shape_.kernel_height;
  if (kernel_->quads) {
    quads_ = (kh + 3) / 4;
    fill_rows_ = 4 * quads_;
    rows_ = shape_.dilation_y == 1 ? (fill_rows_ - kh) / shape_.stride_y + 1 : 1;
    taps_ = shape_.kernel_width * quads_;
  } else {
    rows_ = shape_.dilation_y == 1 ? std::clamp<int64_t>(shape_.out_height, 1, kDirectRows) : 1;
    fill_rows_ = (rows_ - 1) * shape_.stride_y + kh;
    taps_ = shape_.taps();
  }
  used_rows_ = (rows_ - 1) * shape_.stride_y + kh;
}

void DepthwiseU8::ChooseChunks() {
  blocks_ = (shape_.channels + kDwConvBlock - 1) / kDwConvBlock;
  const auto chunks = [](int64_t amount, int64_t limit, int64_t most) {
    return std::clamp<int64_t>((amount + limit - 1) / limit, 1, std::max<int64_t>(1, most));
  };
  const int64_t padded = blocks_ * kDwConvBlock, unit = std::max<int64_t>(kernel_->wide, kDwConvBlock);
  channel_chunks_ = Cut(padded, unit, chunks(padded * fill_rows_, kColumnBytes, padded / unit));
  pitch_ = LargestOf(channel_chunks_);
  const int64_t width = shape_.out_width;
  const int64_t least = std::max<int64_t>(1, kColumnsPerOverlap * (FillWidth(1) - 1) / shape_.stride_x);
  const int64_t bytes = FillWidth(width) * fill_rows_ * pitch_;
  column_chunks_ = Cut(width, 1, chunks(bytes, kChunkBytes, width / least));
  columns_ = FillWidth(LargestOf(column_chunks_));
}

/// Puts the weights `w` minus their zero point where the kernel finds them for each output row of a filling.
void DepthwiseU8::PackChannel(int64_t c, const int8_t* w, int zero, uint8_t* block) const {
  const int64_t slot = DwConvS8Slot(kernel_->wide, shape_.channels, c), taps = taps_ * parts_;
  const int width = c < DwConvS8WideChannels(kernel_->wide, shape_.channels) ? kernel_->wide : kDwConvBlock;
  const int64_t lane = slot % width, row_sets = kernel_->quads ? rows_ : 1;
  const int parts = static_cast<int>(parts_);
  for (int64_t ky = 0; ky < shape_.kernel_height; ++ky)
    for (int64_t kx = 0; kx < shape_.kernel_width; ++kx) {
      const int value = *w++ - zero, share = parts == 1 ? value : value / parts;
      for (int64_t r = 0; r < row_sets; ++r) {
        const int64_t row = ky + r * shape_.stride_y;
        const int64_t tap = kernel_->quads ? kx * quads_ + row / 4 : ky * shape_.kernel_width + kx;
        const int64_t begin = (r * blocks_ * kDwConvBlock + slot - lane) * taps + lane;
        for (int part = 0; part < parts; ++part) {
          const int64_t at = begin + (part * taps_ + tap) * width;
          block[kernel_->quads ? at * 4 + row % 4 : at] =
              static_cast<uint8_t>(part == 0 ? value - share * (parts - 1) : share);
        }
      }
    }
}

Status DepthwiseU8::Pack(const StepSpec& spec, const ConvChannels& channels) {
  const int64_t padded = blocks_ * kDwConvBlock;
  channels_ = FoldedChannels(padded);
  border_ = AlignedBuffer(static_cast<size_t>(shape_.in_width * shape_.channels + kDwConvBlock));
  if (!channels_.allocated() || border_.data() == nullptr) return Status::Error("KPT_TOO_LARGE", "weights");
  std::memset(border_.data(), shape_.x_zero, border_.size());
  const int64_t row_sets = kernel_->quads ? rows_ : 1;
  const auto zero = [&](int64_t c) { return channels.weight_zero == nullptr ? 0 : channels.weight_zero[c]; };
  const auto weights = [&](int64_t c) { return spec.in(1)->as<int8_t>() + c * shape_.taps(); };
  const std::string tag = std::string("depthwise_u8:") + kernel_->name + ":" + std::to_string(row_sets) +
                          ":" + std::to_string(shape_.stride_y) + channels.ZeroTag();
  const auto find = [&](WeightFacts* found, int32_t* sums) {
    for (int64_t c = 0; c < shape_.channels; ++c) {
      int64_t sum = 0, total = 0;
      for (int64_t tap = 0; tap < shape_.taps(); ++tap) {
        const int value = weights(c)[tap] - zero(c);
        found->Include(value, kernel_->min_weight);
        if (value > 64 || value < -64) found->pairs_fit = 0;  // two of a column may meet: a bound on one
        sum += value;
        total += std::abs(value);
      }
      sums[c] = static_cast<int32_t>(sum);
      found->Reach(sum, total);
    }
  };
  const WeightFacts* facts = nullptr;
  KPT_RETURN_IF_ERROR(WeightFacts::Get(spec, tag, shape_.channels, &facts, find));
  parts_ = facts->parts, pairs_fit_ = facts->pairs_fit != 0;
  for (int64_t c = 0; c < shape_.channels; ++c) {
    const int32_t sum = facts->sums()[c], bias = channels.bias == nullptr ? 0 : channels.bias[c];
    const int64_t slot = DwConvS8Slot(kernel_->wide, shape_.channels, c);
    run_time_.Set(slot, static_cast<uint32_t>(sum), channels.Scale(c));
    channels_.Set(slot, bias, kernel_->x_offset - shape_.x_zero, sum, channels.Scale(c));
  }
  small_sums_ = channels_.Small(facts->reach);
  const size_t bytes = static_cast<size_t>(row_sets * padded * taps_ * parts_) * (kernel_->quads ? 4 : 1);
  packed_ =
      reinterpret_cast<const int8_t*>(spec.packs->Get(spec.in(1)->constant, tag, bytes, [&](uint8_t* block) {
        for (int64_t c = 0; c < shape_.channels; ++c) PackChannel(c, weights(c), zero(c), block);
      }));
  return packed_ == nullptr ? Status::Error("KPT_TOO_LARGE", "depthwise weights") : Status::Ok();
}

Status DepthwiseU8::Make(const StepSpec& spec, const ConvShape& shape) {
  shape_ = shape;
  kernel_ = &ChooseDwConvS8();
  x_ = spec.in(0)->data;
  KPT_RETURN_IF_ERROR(finish_.Read(spec, shape));
  KPT_RETURN_IF_ERROR(run_time_.Read(spec));
  ConvChannels channels;
  KPT_RETURN_IF_ERROR(channels.Read(spec, shape.out_channels, true));
  ChooseRows();
  ChooseChunks();
  if (columns_ * fill_rows_ * pitch_ > INT32_MAX) return TooLarge(spec, "the input is too large");
  KPT_RETURN_IF_ERROR(Pack(spec, channels));

  for (int64_t tap = 0; tap < taps_ * parts_; ++tap) {
    const int64_t i = tap % taps_, kx = kernel_->quads ? i / quads_ : i % shape.kernel_width;
    const int64_t row = kernel_->quads ? i % quads_ : i / shape.kernel_width;
    const int64_t at = kernel_->quads ? (kx * shape.dilation_x * quads_ + row) * pitch_ * 4
                                      : (row * columns_ + kx * shape.dilation_x) * pitch_;
    tap_offsets_.push_back(static_cast<int32_t>(at));
  }
  output_ = KernelOutput(spec.out(), channels_.fast_scale());
  if (output_.rounds())
    wide_scratch_ = AlignUp(static_cast<size_t>(LargestOf(column_chunks_) * pitch_) * sizeof(float));
  thread_scratch_ =
      wide_scratch_ + AlignUp(static_cast<size_t>(columns_ * fill_rows_ * pitch_) + kReadPadding);
  spec.scratch_bytes = thread_scratch_ * static_cast<size_t>(spec.threads);
  return Status::Ok();
}

/// Lays out the input of some output columns of the output rows from first_row on, channels c (whole blocks).
void DepthwiseU8::FillColumns(int64_t image, int64_t first_row, Range c, Range columns,
                              uint8_t* scratch) const {
  const int lanes = kernel_->quads ? 4 : 1;
  const int64_t row_bytes = shape_.in_width * shape_.channels, channels = c.size();
  const int64_t column_bytes = kernel_->quads ? quads_ * pitch_ * 4 : pitch_;
  // Scratch columns [begin, end) exist in x, from its column `first` on.
  const int64_t count = FillWidth(columns.size()), left = columns.begin * shape_.stride_x - shape_.pad_left;
  const int64_t begin = std::clamp<int64_t>(-left, 0, count);
  const int64_t end = std::clamp(shape_.in_width - left, begin, count), first = left + begin;
  const int border = shape_.x_zero ^ (kernel_->x_offset == 128 ? 0x80 : 0);
  for (int64_t i = 0; i < fill_rows_; i += lanes) {
    uint8_t* out = scratch + (kernel_->quads ? i * pitch_ : i * columns_ * pitch_);
    DwConvS8Fill fill = {};
    for (int lane = 0; lane < lanes; ++lane) {
      const int64_t y = first_row * shape_.stride_y - shape_.pad_top + (i + lane) * shape_.dilation_y;
      const bool inside = y >= 0 && y < shape_.in_height;
      fill.rows[lane] =
          inside ? x_ + (image * shape_.in_height + y) * row_bytes + first * shape_.channels : border_.data();
      // Weights are zero there: any bytes will do, best those that are read anyway.
      if (i + lane >= used_rows_) fill.rows[lane] = lane == 0 ? border_.data() : fill.rows[0] - c.begin;
      fill.rows[lane] += c.begin;
    }
    fill.columns = end - begin;
    fill.row_stride = shape_.channels;
    fill.channels = static_cast<int>(channels);
    fill.out = out + begin * column_bytes;
    fill.out_stride = column_bytes;
    kernel_->fill(fill);
    for (int64_t column = 0; column < count; ++column)
      if (column < begin || column >= end)
        std::memset(out + column * column_bytes, border, static_cast<size_t>(channels * lanes));
  }
}

void DepthwiseU8::RunRow(const uint8_t* scratch, int64_t image, int64_t y, int64_t r, Range c, Range columns,
                         float* wide) const {
  const int64_t pixel = (image * shape_.out_height + y) * shape_.out_width + columns.begin;
  const int64_t at = pixel * shape_.channels + c.begin;
  DwConvS8Row row = {};
  row.scratch = scratch + (kernel_->quads ? 0 : r * shape_.stride_y * columns_ * pitch_);
  row.tap_offsets = tap_offsets_.data();
  row.taps = static_cast<int>(taps_ * parts_);
  row.column_step = shape_.stride_x * pitch_ * (kernel_->quads ? quads_ * 4 : 1);
  row.columns = columns.size();
  row.channels = static_cast<int>(std::min(c.end, shape_.channels) - c.begin);
  row.w = packed_ + (kernel_->quads ? (r * blocks_ * kDwConvBlock + c.begin) * 4 : c.begin) * taps_ * parts_;
  row.bias = channels_.bias() + c.begin;
  row.scale = channels_.scale() + c.begin;
  row.pairs_fit = pairs_fit_;
  row.small_sums = small_sums_;
  row.output = output_.kind();
  row.y_stride = output_.rounds() ? row.channels : shape_.channels;
  row.range = shape_.range;
  row.y = output_.At(at, wide);
  kernel_->run(row);
  if (!output_.is_u8()) return;
  uint8_t* y_bytes = output_.bytes();
  for (int64_t column = 0; output_.rounds() && column < row.columns; ++column)
    for (int i = 0; i < row.channels; ++i)
      y_bytes[at + column * shape_.channels + i] = RoundToByte(wide[column * row.channels + i], shape_.range);
  finish_.Run(y_bytes, pixel, row.columns, c.begin, c.begin + row.channels);
}

void DepthwiseU8::Run(const RunContext& context) {
  const int64_t groups = (shape_.out_height + rows_ - 1) / rows_;
  if (shape_.out_width == 0 || shape_.channels == 0) return;
  if (run_time_.live()) {
    shape_.x_zero = run_time_.Apply(kernel_->x_offset, channels_.bias(), channels_.scale());
    std::memset(border_.data(), shape_.x_zero, border_.size());
  }
  const int64_t columns = static_cast<int64_t>(column_chunks_.size()),
                chunks = columns * static_cast<int64_t>(channel_chunks_.size()),
                tasks = shape_.batch * groups * chunks,
                parts = std::min<int64_t>(context.pool->threads(), groups);
  context.pool->ParallelFor(
      tasks, shape_.Grain(tasks), context.backwards, [&](int64_t begin, int64_t end, int thread) {
        uint8_t* wide = context.scratch + thread_scratch_ * static_cast<size_t>(thread);
        for (int64_t i = begin; i < end; ++i) {
          const int64_t task = context.Turn(i, tasks), image = task / groups / chunks;
          const auto [group, chunk] = PartByPart(task % (groups * chunks), groups, chunks, parts);
          const Range c = channel_chunks_[static_cast<size_t>(chunk / columns)],
                      range = column_chunks_[static_cast<size_t>(chunk % columns)];
          const int64_t y = group * rows_, rows = std::min(rows_, shape_.out_height - y);
          FillColumns(image, y, c, range, wide + wide_scratch_);
          for (int64_t r = 0; r < rows; ++r)
            RunRow(wide + wide_scratch_, image, y + r, r, c, range, reinterpret_cast<float*>(wide));
        }
      });
}

}  // namespace

bool DepthwiseU8Applies(const ConvShape& shape) {
  return shape.group == shape.channels && shape.out_channels == shape.channels && shape.group_in == 1;
}

Status MakeDepthwiseU8(const StepSpec& spec, const ConvShape& shape, std::unique_ptr<Step>* out) {
  auto step = std::make_unique<DepthwiseU8>();
  KPT_RETURN_IF_ERROR(step->Make(spec, shape));
  *out = std::move(step);
  return Status::Ok();
}

}  // namespace kompakt
