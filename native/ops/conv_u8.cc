// conv_u8: every 8-bit convolution. Depthwise ones go to dwconv_s8; the others run gemm_s8 over bands of
// output rows: where there is padding, a thread first copies the band's input with its border into its own
// scratch (it stays in cache), so that every output pixel finds its taps at the same distances and no test
// for borders reaches a kernel. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <vector>

#include "native/kernels/byte_sums/byte_sums.h"
#include "native/ops/checks.h"
#include "native/ops/conv_finish.h"
#include "native/ops/conv_shape.h"
#include "native/ops/depthwise_u8.h"
#include "native/ops/kernel_output.h"
#include "native/ops/packed_weights.h"

namespace kompakt {
namespace {

/// Input bytes of a band: it should stay in the first cache level next to a panel of weights.
constexpr int64_t kBandBytes = 24 * 1024;
/// Pixels below which a band makes poor tiles.
constexpr int64_t kMinBandPixels = 48;

class ConvU8 : public Step {
 public:
  Status Make(const StepSpec& spec, const ConvShape& shape);
  void Run(const RunContext& context) override;

 private:
  void ChooseBands(int threads);
  /// Input rows that `lines` output rows see.
  int64_t InputRows(int64_t lines) const {
    return (lines - 1) * shape_.stride_y + (shape_.kernel_height - 1) * shape_.dilation_y + 1;
  }
  void FillOffsets();
  const uint8_t* BandInput(int64_t image, int64_t first_line, int64_t lines, uint8_t* scratch) const;
  /// Bytes of the input of a band.
  int64_t BandBytes(int64_t lines) const { return InputRows(lines) * pitch_; }
  void FillRowBias(const uint8_t* input, int64_t lines, uint32_t* sums, int32_t* row_bias) const;
  void RunPanels(const uint8_t* input, const uint16_t* words, int64_t pixels, int64_t first_pixel,
                 int64_t panel_begin, int64_t panel_end, float* wide, const int32_t* row_bias) const;

  ConvShape shape_;
  ConvFinish finish_;
  PackedWeights weights_;
  const uint8_t* x_ = nullptr;
  KernelOutput output_;
  bool padded_ = false;
  // A line is one output row, or one pixel where the convolution is a plain matrix product.
  int64_t images_ = 0, lines_ = 0, line_pixels_ = 0, line_bytes_ = 0, image_bytes_ = 0;
  int64_t pitch_ = 0;  // bytes between input rows as the kernel sees them
  int64_t band_lines_ = 1, bands_ = 0, panel_groups_ = 1;
  // In the scratch of a thread: a band, the same as words, floats that wait to be rounded, row biases, sums
  // of rows of kernels.
  size_t band_scratch_ = 0, words_scratch_ = 0, wide_scratch_ = 0, row_bias_scratch_ = 0, thread_scratch_ = 0;
  std::vector<int32_t> row_offsets_, tap_offsets_;
};

Status ConvU8::Make(const StepSpec& spec, const ConvShape& shape) {
  shape_ = shape;
  x_ = spec.in(0)->data;
  KPT_RETURN_IF_ERROR(finish_.Read(spec, shape));
  ConvChannels channels;
  KPT_RETURN_IF_ERROR(channels.Read(spec, shape.out_channels, true));

  const int64_t taps = shape.taps(), k = shape.group_in;
  // Taps of one kernel row lie next to each other in memory: one long tap.
  const bool merged = shape.group == 1 && shape.dilation_x == 1;
  WeightSource source;
  source.w = spec.in(1);
  source.tag = "conv_u8";
  source.groups = shape.group;
  source.columns = shape.group_out;
  source.tap_bytes = merged ? shape.kernel_width * k : k;
  source.group_stride = shape.group_out * taps * k;
  source.column_stride = taps * k;
  for (int64_t at = 0; at < (merged ? shape.kernel_height : taps); ++at)
    source.taps.push_back(at * source.tap_bytes);
  source.lifts = merged;
  KPT_RETURN_IF_ERROR(weights_.Make(spec, source, channels, shape.x_zero));

  const int64_t last_y =
      (shape.out_height - 1) * shape.stride_y + (shape.kernel_height - 1) * shape.dilation_y;
  const int64_t last_x = (shape.out_width - 1) * shape.stride_x + (shape.kernel_width - 1) * shape.dilation_x;
  padded_ = shape.pad_top > 0 || shape.pad_left > 0 || last_y >= shape.in_height || last_x >= shape.in_width;
  const bool plain = !padded_ && taps == 1 && shape.stride_y == 1 && shape.stride_x == 1 &&
                     shape.out_height == shape.in_height && shape.out_width == shape.in_width;
  pitch_ = (plain ? 1 : padded_ ? last_x + 1 : shape.in_width) * shape.channels;
  images_ = plain ? 1 : shape.batch;
  lines_ = plain ? shape.batch * shape.out_height * shape.out_width : shape.out_height;
  line_pixels_ = plain ? 1 : shape.out_width;
  line_bytes_ = plain ? shape.channels : shape.stride_y * pitch_;
  image_bytes_ = shape.in_height * shape.in_width * shape.channels;
  ChooseBands(spec.threads);
  // Offsets of rows and taps are kept in 32 bits.
  if (line_bytes_ > INT32_MAX / band_lines_ ||
      pitch_ * ((shape.kernel_height - 1) * shape.dilation_y + 1) > INT32_MAX)
    return TooLarge(spec, "the input is too large");
  FillOffsets();

  const size_t band = static_cast<size_t>(BandBytes(band_lines_));
  if (padded_) band_scratch_ = AlignUp(band + kReadPadding);
  if (weights_.kernel().widen != nullptr) words_scratch_ = AlignUp(band * sizeof(uint16_t) + kReadPadding);
  const int64_t width = weights_.widest();
  const int64_t pixels = band_lines_ * line_pixels_;
  output_ = KernelOutput(spec.out(), weights_.fast_scale());
  if (output_.rounds()) wide_scratch_ = AlignUp(static_cast<size_t>(pixels * width) * sizeof(float));
  if (weights_.lift() != 0) row_bias_scratch_ = AlignUp(static_cast<size_t>(pixels) * sizeof(int32_t));
  thread_scratch_ = band_scratch_ + words_scratch_ + wide_scratch_ + row_bias_scratch_;
  if (weights_.lift() != 0 && shape.kernel_height > 1)
    thread_scratch_ += AlignUp(static_cast<size_t>(InputRows(band_lines_) * line_pixels_) * sizeof(uint32_t));
  spec.scratch_bytes = thread_scratch_ * static_cast<size_t>(spec.threads);
  return Status::Ok();
}

void ConvU8::ChooseBands(int threads) {
  const int64_t panels = weights_.panels().count * shape_.group;
  const int64_t least =
      std::max<int64_t>(1, (kMinBandPixels + line_pixels_ - 1) / std::max<int64_t>(1, line_pixels_));
  band_lines_ = std::max(least, kBandBytes / std::max<int64_t>(1, line_bytes_));
  const int64_t wanted = threads == 1 ? 1 : 3 * threads;
  const int64_t share = (images_ * lines_ + wanted - 1) / wanted;
  band_lines_ = std::max<int64_t>(1, std::min({band_lines_, std::max(least, share), lines_}));
  bands_ = (lines_ + band_lines_ - 1) / band_lines_;
  band_lines_ = bands_ == 0 ? 1 : (lines_ + bands_ - 1) / bands_;  // of nearly equal height
  const int64_t tasks = images_ * bands_;
  panel_groups_ = tasks == 0 || tasks >= threads ? 1 : std::min(panels, (wanted + tasks - 1) / tasks);
  panel_groups_ = std::max<int64_t>(1, panel_groups_);
}

void ConvU8::FillOffsets() {
  for (int64_t line = 0; line < band_lines_; ++line)
    for (int64_t p = 0; p < line_pixels_; ++p)
      row_offsets_.push_back(
          static_cast<int32_t>(line * line_bytes_ + p * shape_.stride_x * shape_.channels));
  const bool merged = shape_.group == 1 && shape_.dilation_x == 1;
  for (int part = 0; part < weights_.parts(); ++part)
    for (int64_t y = 0; y < shape_.kernel_height; ++y)
      for (int64_t x = 0; x < (merged ? 1 : shape_.kernel_width); ++x)
        tap_offsets_.push_back(
            static_cast<int32_t>(y * shape_.dilation_y * pitch_ + x * shape_.dilation_x * shape_.channels));
}

/// The input of a band as the kernel wants it: x itself, or a copy with its border of x_zero.
const uint8_t* ConvU8::BandInput(int64_t image, int64_t first_line, int64_t lines, uint8_t* scratch) const {
  const uint8_t* x = x_ + image * image_bytes_;
  if (!padded_) return x + first_line * line_bytes_;
  const int64_t rows = InputRows(lines);
  const int64_t c = shape_.channels, row_bytes = shape_.in_width * c;
  const int64_t left = std::min(shape_.pad_left * c, pitch_);
  const int64_t middle = std::min(row_bytes, pitch_ - left);
  for (int64_t r = 0; r < rows; ++r, scratch += pitch_) {
    const int64_t y = first_line * shape_.stride_y + r - shape_.pad_top;
    if (y < 0 || y >= shape_.in_height) {
      std::memset(scratch, shape_.x_zero, static_cast<size_t>(pitch_));
      continue;
    }
    std::memset(scratch, shape_.x_zero, static_cast<size_t>(left));
    std::memcpy(scratch + left, x + y * row_bytes, static_cast<size_t>(middle));
    std::memset(scratch + left + middle, shape_.x_zero, static_cast<size_t>(pitch_ - left - middle));
  }
  return scratch - rows * pitch_;
}

/// What the lift of the weights adds to every output pixel of a band. Rows of kernels that overlap are added
/// up once.
void ConvU8::FillRowBias(const uint8_t* input, int64_t lines, uint32_t* sums, int32_t* row_bias) const {
  const ByteSumsKernel& kernel = BestByteSumsKernel();
  const int64_t bytes = shape_.kernel_width * shape_.channels, stride = shape_.stride_x * shape_.channels;
  const int64_t pixels = lines * line_pixels_;
  uint32_t* totals = reinterpret_cast<uint32_t*>(row_bias);
  const auto add_up = [&](int64_t rows, int64_t row_bytes, uint32_t* out) {
    if (line_pixels_ == 1) return kernel.run(input, rows, bytes, row_bytes, out);
    for (int64_t row = 0; row < rows; ++row)
      kernel.run(input + row * row_bytes, line_pixels_, bytes, stride, out + row * line_pixels_);
  };
  if (shape_.kernel_height == 1) {
    add_up(lines, line_bytes_, totals);
  } else {
    add_up(InputRows(lines), pitch_, sums);
    std::fill(totals, totals + pixels, 0u);
    for (int64_t line = 0; line < lines; ++line)
      for (int64_t ky = 0; ky < shape_.kernel_height; ++ky) {
        const uint32_t* from = sums + (line * shape_.stride_y + ky * shape_.dilation_y) * line_pixels_;
        for (int64_t p = 0; p < line_pixels_; ++p) totals[line * line_pixels_ + p] += from[p];
      }
  }
  for (int64_t p = 0; p < pixels; ++p) row_bias[p] = weights_.RowBias(static_cast<uint32_t>(row_bias[p]));
}

/// Panels are counted through all groups.
void ConvU8::RunPanels(const uint8_t* input, const uint16_t* words, int64_t pixels, int64_t first_pixel,
                       int64_t panel_begin, int64_t panel_end, float* wide, const int32_t* row_bias) const {
  const GemmPanels& panels = weights_.panels();
  GemmS8Block block = {};
  block.row_offsets = row_offsets_.data();
  block.tap_offsets = tap_offsets_.data();
  block.rows = pixels;
  block.row_bias = row_bias;
  block.range = shape_.range;
  for (int64_t index = panel_begin; index < panel_end; ++index) {
    const int64_t group = index / panels.count, panel = index % panels.count;
    weights_.Bind(group, panel, &block);
    block.a = weights_.kernel().A(input, words, group * shape_.group_in);
    const int64_t column = group * shape_.group_out + panels.Begin(panel);
    const int64_t at = first_pixel * shape_.out_channels + column;
    block.output = output_.kind();
    block.y = output_.At(at, wide);
    block.y_stride = output_.rounds() ? block.columns : shape_.out_channels;
    weights_.kernel().run(block);
    if (!output_.rounds()) continue;
    for (int64_t p = 0; p < pixels; ++p)
      for (int n = 0; n < block.columns; ++n)
        output_.bytes()[at + p * shape_.out_channels + n] =
            RoundToByte(wide[p * block.columns + n], shape_.range);
  }
  if (!output_.is_u8() || panel_begin >= panel_end) return;
  const int64_t first =
      panel_begin / panels.count * shape_.group_out + panels.Begin(panel_begin % panels.count);
  const int64_t last = (panel_end - 1) / panels.count * shape_.group_out +
                       std::min(panels.n, panels.Begin((panel_end - 1) % panels.count + 1));
  finish_.Run(output_.bytes(), first_pixel, pixels, first, last);
}

void ConvU8::Run(const RunContext& context) {
  if (weights_.run_time().live()) shape_.x_zero = weights_.Rescale();
  const int64_t panels = weights_.panels().count * shape_.group;
  const int64_t tasks = images_ * bands_ * panel_groups_;
  context.pool->ParallelFor(
      tasks, shape_.Grain(tasks), context.backwards, [&](int64_t begin, int64_t end, int thread) {
        uint8_t* scratch = context.scratch + thread_scratch_ * static_cast<size_t>(thread);
        uint8_t* after = scratch + band_scratch_;
        uint16_t* words = reinterpret_cast<uint16_t*>(after);
        float* wide = reinterpret_cast<float*>(after += words_scratch_);
        int32_t* row_bias = reinterpret_cast<int32_t*>(after += wide_scratch_);
        uint32_t* sums = reinterpret_cast<uint32_t*>(after += row_bias_scratch_);
        if (weights_.lift() == 0) row_bias = nullptr;
        const uint8_t* input = nullptr;
        int64_t filled = -1;
        for (int64_t i = begin; i < end; ++i) {
          const int64_t task = context.Turn(i, tasks);
          const int64_t band = task / panel_groups_ % bands_, image = task / panel_groups_ / bands_;
          const int64_t share = task % panel_groups_;
          const int64_t first = band * band_lines_, lines = std::min(band_lines_, lines_ - first);
          if (filled != task / panel_groups_) {
            input = BandInput(image, first, lines, scratch);
            if (row_bias != nullptr) FillRowBias(input, lines, sums, row_bias);
            if (words_scratch_ > 0) weights_.kernel().widen(input, BandBytes(lines), words);
          }
          filled = task / panel_groups_;
          RunPanels(input, words, lines * line_pixels_, (image * lines_ + first) * line_pixels_,
                    share * panels / panel_groups_, (share + 1) * panels / panel_groups_, wide, row_bias);
        }
      });
}

}  // namespace

Status MakeConvU8(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 9, 1));
  ConvShape shape;
  KPT_RETURN_IF_ERROR(shape.Read(spec, false));
  if (DepthwiseU8Applies(shape)) return MakeDepthwiseU8(spec, shape, out);
  auto step = std::make_unique<ConvU8>();
  KPT_RETURN_IF_ERROR(step->Make(spec, shape));
  *out = std::move(step);
  return Status::Ok();
}

}  // namespace kompakt
