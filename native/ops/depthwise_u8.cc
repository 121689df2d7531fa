// Depthwise conv_u8: tasks are groups of output rows by chunks of channels, sized so that a task's scratch
// stays in the first cache level. SPDX-License-Identifier: Apache-2.0
#include "native/ops/depthwise_u8.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "native/kernels/dwconv_s8/dwconv_s8.h"
#include "native/ops/conv_finish.h"

namespace kompakt {
namespace {

constexpr int64_t kChunkBytes = 24 * 1024;
/// Output rows that share one filling in the direct layout.
constexpr int64_t kDirectRows = 4;

size_t AlignUp(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

class DepthwiseU8 : public Step {
 public:
  Status Make(const StepSpec& spec, const ConvShape& shape);
  void Run(const RunContext& context) override;

 private:
  void ChooseRows();
  void ChooseChunks();
  Status Pack(const StepSpec& spec, const ConvChannels& channels);
  int8_t* PackedWeight(int8_t* packed, int64_t r, int64_t c, int64_t ky, int64_t kx) const;
  void FillColumns(int64_t image, int64_t first_row, int64_t c, int channels, uint8_t* scratch) const;
  void RunRow(const uint8_t* scratch, int64_t image, int64_t y, int64_t r, int64_t c, int channels,
              float* wide) const;

  ConvShape shape_;
  ConvFinish finish_;
  const DwConvS8Kernel* kernel_ = nullptr;
  const uint8_t* x_ = nullptr;
  uint8_t* y_ = nullptr;
  bool to_f32_ = false, fast_scale_ = true, pairs_fit_ = true;
  int64_t quads_ = 1;      // q of the quads layout, 1 in the direct one
  int64_t rows_ = 1;       // output rows that share one filling
  int64_t fill_rows_ = 4;  // input rows of one filling
  int64_t columns_ = 0;    // scratch columns
  int64_t taps_ = 0;
  int64_t blocks_ = 0, chunks_ = 1, chunk_channels_ = 0;  // chunk_channels_: of the largest chunk
  size_t wide_scratch_ = 0, thread_scratch_ = 0;
  const int8_t* packed_ = nullptr;
  AlignedBuffer bias_, scale_, border_;
  std::vector<int32_t> tap_offsets_;
};

void DepthwiseU8::ChooseRows() {
  const int64_t kh = shape_.kernel_height;
  columns_ = (shape_.out_width - 1) * shape_.stride_x + (shape_.kernel_width - 1) * shape_.dilation_x + 1;
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
}

void DepthwiseU8::ChooseChunks() {
  blocks_ = (shape_.channels + kDwConvBlock - 1) / kDwConvBlock;
  const int64_t block_bytes = columns_ * fill_rows_ * kDwConvBlock;
  chunks_ = std::clamp<int64_t>((blocks_ * block_bytes + kChunkBytes - 1) / kChunkBytes, 1,
                                std::max<int64_t>(1, blocks_));
  chunk_channels_ = (blocks_ + chunks_ - 1) / chunks_ * kDwConvBlock;
}

/// Where weight (c, ky, kx) lies for output row r of a filling.
int8_t* DepthwiseU8::PackedWeight(int8_t* packed, int64_t r, int64_t c, int64_t ky, int64_t kx) const {
  const int64_t block = c / kDwConvBlock, lane = c % kDwConvBlock;
  if (!kernel_->quads)
    return packed + ((block * taps_) + ky * shape_.kernel_width + kx) * kDwConvBlock + lane;
  const int64_t row = ky + r * shape_.stride_y;
  const int64_t tap = kx * quads_ + row / 4;
  return packed + (((r * blocks_ + block) * taps_ + tap) * kDwConvBlock + lane) * 4 + row % 4;
}

Status DepthwiseU8::Pack(const StepSpec& spec, const ConvChannels& channels) {
  const int64_t kh = shape_.kernel_height, kw = shape_.kernel_width, padded = blocks_ * kDwConvBlock;
  bias_ = AlignedBuffer(static_cast<size_t>(padded) * 4);
  scale_ = AlignedBuffer(static_cast<size_t>(padded) * 4);
  border_ = AlignedBuffer(static_cast<size_t>(shape_.in_width * shape_.channels + kDwConvBlock));
  if (bias_.data() == nullptr || scale_.data() == nullptr || border_.data() == nullptr)
    return Status::Error("KPT_TOO_LARGE", "depthwise weights");
  std::memset(border_.data(), shape_.x_zero, border_.size());
  const int8_t* w = spec.in(1)->as<int8_t>();
  const int64_t row_sets = kernel_->quads ? rows_ : 1;
  for (int64_t c = 0; c < shape_.channels; ++c) {
    const int32_t zero = channels.weight_zero == nullptr ? 0 : channels.weight_zero[c];
    uint32_t sum = 0;  // wraps, as accumulators do
    for (int64_t kx = 0; kx < kw; ++kx)
      for (int64_t ky = 0; ky < kh; ++ky) {
        const int32_t weight = w[(c * kh + ky) * kw + kx] - zero;
        sum += static_cast<uint32_t>(weight);
        // Two neighbours of a quad may be any two weights of a column: a bound on one is enough.
        if (weight > 64 || weight < -64) pairs_fit_ = false;
      }
    const int32_t bias = channels.bias == nullptr ? 0 : channels.bias[c];
    bias_.as<int32_t>()[c] = static_cast<int32_t>(
        static_cast<uint32_t>(bias) + static_cast<uint32_t>(kernel_->x_offset - shape_.x_zero) * sum);
    scale_.as<float>()[c] = channels.scale[c];
    if (!(channels.scale[c] >= -kMaxFastScale && channels.scale[c] <= kMaxFastScale)) fast_scale_ = false;
  }
  const size_t bytes = static_cast<size_t>(row_sets * padded * taps_) * (kernel_->quads ? 4 : 1);
  const std::string tag = std::string("depthwise_u8:") + kernel_->name + ":" + std::to_string(row_sets) +
                          ":" + std::to_string(shape_.stride_y);
  const int constant = channels.weight_zero == nullptr ? spec.in(1)->constant : -1;
  packed_ = reinterpret_cast<const int8_t*>(spec.packs->Get(constant, tag, bytes, [&](uint8_t* block) {
    for (int64_t r = 0; r < row_sets; ++r)
      for (int64_t c = 0; c < shape_.channels; ++c)
        for (int64_t ky = 0; ky < kh; ++ky)
          for (int64_t kx = 0; kx < kw; ++kx)
            *PackedWeight(reinterpret_cast<int8_t*>(block), r, c, ky, kx) = static_cast<int8_t>(
                w[(c * kh + ky) * kw + kx] - (channels.weight_zero == nullptr ? 0 : channels.weight_zero[c]));
  }));
  return packed_ == nullptr ? Status::Error("KPT_TOO_LARGE", "depthwise weights") : Status::Ok();
}

Status DepthwiseU8::Make(const StepSpec& spec, const ConvShape& shape) {
  shape_ = shape;
  kernel_ = &ChooseDwConvS8();
  x_ = spec.in(0)->data;
  y_ = spec.out().data;
  to_f32_ = spec.out().dtype == DType::kF32;
  KPT_RETURN_IF_ERROR(finish_.Read(spec, shape));
  ConvChannels channels;
  KPT_RETURN_IF_ERROR(channels.Read(spec, shape.out_channels, true));
  ChooseRows();
  ChooseChunks();
  if (columns_ * fill_rows_ * chunk_channels_ > INT32_MAX) return spec.Fail("the input is too large");
  KPT_RETURN_IF_ERROR(Pack(spec, channels));

  // Chunks differ by a block, and scratch offsets by chunk would too: all use the pitch of the largest.
  const int64_t pitch = chunk_channels_;
  for (int64_t i = 0; i < taps_; ++i) {
    const int64_t kx = kernel_->quads ? i / quads_ : i % shape.kernel_width;
    const int64_t row = kernel_->quads ? i % quads_ : i / shape.kernel_width;
    const int64_t at = kernel_->quads ? (kx * shape.dilation_x * quads_ + row) * pitch * 4
                                      : (row * columns_ + kx * shape.dilation_x) * pitch;
    tap_offsets_.push_back(static_cast<int32_t>(at));
  }
  if (!to_f32_ && !fast_scale_)
    wide_scratch_ = AlignUp(static_cast<size_t>(shape.out_width * chunk_channels_) * sizeof(float));
  thread_scratch_ =
      wide_scratch_ + AlignUp(static_cast<size_t>(columns_ * fill_rows_ * pitch) + kReadPadding);
  spec.scratch_bytes = thread_scratch_ * static_cast<size_t>(spec.threads);
  return Status::Ok();
}

/// Lays out the input rows of the output rows from first_row on, channels [c, c + channels) (whole blocks).
void DepthwiseU8::FillColumns(int64_t image, int64_t first_row, int64_t c, int channels,
                              uint8_t* scratch) const {
  const int lanes = kernel_->quads ? 4 : 1;
  const int64_t pitch = chunk_channels_, row_bytes = shape_.in_width * shape_.channels;
  const int64_t column_bytes = kernel_->quads ? quads_ * pitch * 4 : pitch;
  const int64_t begin = std::min(shape_.pad_left, columns_);
  const int64_t end = std::min(columns_, shape_.pad_left + shape_.in_width);
  const int border = shape_.x_zero ^ (kernel_->x_offset == 128 ? 0x80 : 0);
  for (int64_t i = 0; i < fill_rows_; i += lanes) {
    uint8_t* out = scratch + (kernel_->quads ? i * pitch : i * columns_ * pitch);
    DwConvS8Fill fill = {};
    for (int lane = 0; lane < lanes; ++lane) {
      const int64_t y = first_row * shape_.stride_y - shape_.pad_top + (i + lane) * shape_.dilation_y;
      const bool inside = y >= 0 && y < shape_.in_height;
      fill.rows[lane] = (inside ? x_ + (image * shape_.in_height + y) * row_bytes : border_.data()) + c;
    }
    fill.columns = end - begin;
    fill.row_stride = shape_.channels;
    fill.channels = channels;
    fill.out = out + begin * column_bytes;
    fill.out_stride = column_bytes;
    kernel_->fill(fill);
    for (int64_t column = 0; column < begin; ++column)
      std::memset(out + column * column_bytes, border, static_cast<size_t>(channels * lanes));
    for (int64_t column = std::max(begin, end); column < columns_; ++column)
      std::memset(out + column * column_bytes, border, static_cast<size_t>(channels * lanes));
  }
}

void DepthwiseU8::RunRow(const uint8_t* scratch, int64_t image, int64_t y, int64_t r, int64_t c, int channels,
                         float* wide) const {
  const int64_t pixel = (image * shape_.out_height + y) * shape_.out_width, at = pixel * shape_.channels + c;
  DwConvS8Row row = {};
  row.scratch = scratch + (kernel_->quads ? 0 : r * shape_.stride_y * columns_ * chunk_channels_);
  row.tap_offsets = tap_offsets_.data();
  row.taps = static_cast<int>(taps_);
  row.column_step = shape_.stride_x * chunk_channels_ * (kernel_->quads ? quads_ * 4 : 1);
  row.columns = shape_.out_width;
  row.channels = channels;
  row.w = packed_ + (kernel_->quads ? (r * blocks_ * kDwConvBlock + c) * taps_ * 4 : c * taps_);
  row.bias = bias_.as<int32_t>() + c;
  row.scale = scale_.as<float>() + c;
  row.pairs_fit = pairs_fit_;
  row.to_f32 = to_f32_ || !fast_scale_;
  row.y_stride = shape_.channels;
  row.range = shape_.range;
  row.y = to_f32_ ? static_cast<void*>(reinterpret_cast<float*>(y_) + at) : y_ + at;
  if (!to_f32_ && !fast_scale_) {
    row.y = wide;
    row.y_stride = channels;
  }
  kernel_->run(row);
  if (to_f32_) return;
  if (row.to_f32)
    for (int64_t column = 0; column < shape_.out_width; ++column)
      for (int i = 0; i < channels; ++i)
        y_[at + column * shape_.channels + i] = RoundToByte(wide[column * channels + i], shape_.range);
  finish_.Run(y_, pixel, shape_.out_width, c, c + channels);
}

void DepthwiseU8::Run(const RunContext& context) {
  const int64_t groups = (shape_.out_height + rows_ - 1) / rows_;
  if (shape_.out_width == 0 || shape_.channels == 0) return;
  context.pool->ParallelFor(shape_.batch * groups * chunks_, 1, [&](int64_t begin, int64_t end, int thread) {
    uint8_t* wide = context.scratch + thread_scratch_ * static_cast<size_t>(thread);
    uint8_t* scratch = wide + wide_scratch_;
    for (int64_t task = begin; task < end; ++task) {
      const int64_t chunk = task % chunks_, group = task / chunks_ % groups, image = task / chunks_ / groups;
      const int64_t c = chunk * blocks_ / chunks_ * kDwConvBlock;
      const int64_t c_end = (chunk + 1) * blocks_ / chunks_ * kDwConvBlock;
      FillColumns(image, group * rows_, c, static_cast<int>(c_end - c), scratch);
      for (int64_t r = 0; r < rows_ && group * rows_ + r < shape_.out_height; ++r)
        RunRow(scratch, image, group * rows_ + r, r, c,
               static_cast<int>(std::min(c_end, shape_.channels) - c), reinterpret_cast<float*>(wide));
    }
  });
}

}  // namespace

bool DepthwiseU8Applies(const StepSpec& spec, const ConvShape& shape) {
  if (shape.group != shape.channels || shape.out_channels != shape.channels || shape.group_in != 1)
    return false;
  const TensorView* zero = spec.in(4);
  if (zero != nullptr && (zero->dtype != DType::kS32 || zero->size() != shape.channels)) return false;
  const int8_t* w = spec.in(1)->as<int8_t>();
  const int least = ChooseDwConvS8().min_weight;
  const int64_t taps = shape.taps();
  for (int64_t i = 0; i < shape.channels * taps; ++i) {
    const int weight = w[i] - (zero == nullptr ? 0 : zero->as<int32_t>()[i / taps]);
    if (weight < least || weight > 127) return false;
  }
  return true;
}

Status MakeDepthwiseU8(const StepSpec& spec, const ConvShape& shape, std::unique_ptr<Step>* out) {
  auto step = std::make_unique<DepthwiseU8>();
  KPT_RETURN_IF_ERROR(step->Make(spec, shape));
  *out = std::move(step);
  return Status::Ok();
}

}  // namespace kompakt
