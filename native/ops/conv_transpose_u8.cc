// conv_transpose_u8: output pixels whose coordinates leave the same remainders by the strides (a phase) meet
// the same taps, so each phase is a dense convolution of stride 1 with the taps of its own, run by gemm_s8
// over a copy of the input with a border of xZero, or over the input itself where no window leaves it. Phases
// that lie side by side in a row and meet the same inputs (a kernel as wide as its stride) are one.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "native/ops/checks.h"
#include "native/ops/conv_shape.h"
#include "native/ops/kernel_output.h"
#include "native/ops/packed_weights.h"

namespace kompakt {
namespace {

/// One axis: taps of a phase with the input coordinate they meet at the phase's first output.
struct AxisTap {
  int64_t k, shift;
};

std::vector<AxisTap> AxisTaps(int64_t phase, int64_t kernel, int64_t stride, int64_t dilation, int64_t pad) {
  std::vector<AxisTap> taps;
  for (int64_t k = 0; k < kernel; ++k) {
    const int64_t at = phase + pad - k * dilation;
    if (at % stride == 0) taps.push_back({k, at / stride});
  }
  return taps;
}

class ConvTransposeU8 : public Step {
 public:
  Status Make(const StepSpec& spec, const ConvShape& shape);
  void Run(const RunContext& context) override;

 private:
  struct Phase {
    int64_t y, x;     // first output
    int64_t columns;  // outputs in a row
    PackedWeights weights;
    std::vector<int32_t> tap_offsets;
  };

  void FindBorder();
  bool PhasesMerge() const;
  Status MakePhase(const StepSpec& spec, const ConvChannels& channels, int64_t y, int64_t x);
  void CopyRow(int64_t image, int64_t row, uint8_t* padded) const;
  void RunRow(const uint8_t* padded, const uint16_t* words, int64_t image, int64_t y, float* wide) const;
  void RunPhase(const Phase& phase, const uint8_t* padded, const uint16_t* words, int64_t first,
                int64_t pixel, float* wide) const;

  ConvShape shape_;
  const uint8_t* x_ = nullptr;
  KernelOutput output_;
  int64_t top_ = 0, left_ = 0, rows_ = 0, columns_ = 0;  // the copy: border before the input, size
  int64_t pitch_ = 0;                                    // bytes of a row of the copy
  bool bordered_ = false;                                // the copy is needed
  int64_t sets_ = 1;                                     // phases that are one
  int64_t phases_across_ = 1;                            // of a row of outputs
  std::vector<Phase> phases_;                            // [y % stride_y][phases_across_]
  std::vector<int32_t> row_offsets_;
  void (*widen_)(const uint8_t*, int64_t, uint16_t*) = nullptr;  // of the kernel of some phase
  size_t copy_bytes_ = 0, words_bytes_ = 0, wide_bytes_ = 0;
};

void ConvTransposeU8::FindBorder() {
  const int64_t reach_y = (shape_.kernel_height - 1) * shape_.dilation_y;
  const int64_t reach_x = (shape_.kernel_width - 1) * shape_.dilation_x;
  top_ = std::max<int64_t>(0, (reach_y - shape_.pad_top) / shape_.stride_y);
  left_ = std::max<int64_t>(0, (reach_x - shape_.pad_left) / shape_.stride_x);
  rows_ = top_ + std::max(shape_.in_height, (shape_.out_height - 1 + shape_.pad_top) / shape_.stride_y + 1);
  columns_ =
      left_ + std::max(shape_.in_width, (shape_.out_width - 1 + shape_.pad_left) / shape_.stride_x + 1);
  bordered_ = rows_ > shape_.in_height || columns_ > shape_.in_width;
}

/// Whether neighbours in a row of outputs meet the same input column, each with a tap of its own.
bool ConvTransposeU8::PhasesMerge() const {
  return shape_.group == 1 && shape_.kernel_width == shape_.stride_x && shape_.dilation_x == 1 &&
         shape_.pad_left == 0 && shape_.out_width % shape_.stride_x == 0;
}

Status ConvTransposeU8::MakePhase(const StepSpec& spec, const ConvChannels& channels, int64_t y, int64_t x) {
  const ConvShape& s = shape_;
  Phase phase;
  phase.y = y;
  phase.x = x;
  phase.columns = x < s.out_width ? (s.out_width - 1 - x) / s.stride_x + 1 : 0;
  WeightSource source;
  source.w = spec.in(1);
  source.tag =
      "conv_transpose_u8:" + std::to_string(y) + ":" + std::to_string(x) + ":" + std::to_string(s.pad_top) +
      ":" + std::to_string(s.pad_left) + ":" + std::to_string(s.stride_y) + ":" + std::to_string(s.stride_x) +
      ":" + std::to_string(s.dilation_y) + ":" + std::to_string(s.dilation_x) + ":" + std::to_string(sets_);
  source.groups = s.group;
  source.sets = sets_;
  source.set_stride = s.group_in;
  source.columns = s.group_out * source.sets;
  source.tap_bytes = s.group_in;
  source.column_stride = s.taps() * s.group_in;
  source.group_stride = s.group_out * source.column_stride;
  const std::vector<AxisTap> across = AxisTaps(x, s.kernel_width, s.stride_x, s.dilation_x, s.pad_left);
  for (const AxisTap& ky : AxisTaps(y, s.kernel_height, s.stride_y, s.dilation_y, s.pad_top))
    for (const AxisTap& kx : across) {
      source.taps.push_back((ky.k * s.kernel_width + kx.k) * s.group_in);
      phase.tap_offsets.push_back(
          static_cast<int32_t>((top_ + ky.shift) * pitch_ + (left_ + kx.shift) * s.channels));
    }
  KPT_RETURN_IF_ERROR(phase.weights.Make(spec, source, channels, s.x_zero));
  const std::vector<int32_t> once = phase.tap_offsets;
  for (int part = 1; part < phase.weights.parts(); ++part)
    phase.tap_offsets.insert(phase.tap_offsets.end(), once.begin(), once.end());
  if (phase.weights.kernel().widen != nullptr) widen_ = phase.weights.kernel().widen;
  phases_.push_back(std::move(phase));
  return Status::Ok();
}

Status ConvTransposeU8::Make(const StepSpec& spec, const ConvShape& shape) {
  shape_ = shape;
  x_ = spec.in(0)->data;
  ConvChannels channels;
  KPT_RETURN_IF_ERROR(channels.Read(spec, shape.out_channels, false));
  FindBorder();
  constexpr int64_t kMostBytes = INT32_MAX / 2, kMostPhases = 1 << 12;
  if (columns_ > kMostBytes / std::max<int64_t>(1, shape.channels) ||
      rows_ > kMostBytes / std::max<int64_t>(1, columns_ * shape.channels))
    return TooLarge(spec, "the input is too large");
  pitch_ = columns_ * shape.channels;
  // Strides may be longer than the output: there are as many phases as outputs then.
  const int64_t phases_down = std::clamp<int64_t>(shape.out_height, 1, shape.stride_y);
  sets_ = PhasesMerge() ? shape.stride_x : 1;
  phases_across_ = sets_ > 1 ? 1 : std::clamp<int64_t>(shape.out_width, 1, shape.stride_x);
  if (phases_down > kMostPhases / phases_across_) return TooLarge(spec, "the strides are too large");
  for (int64_t y = 0; y < phases_down; ++y)
    for (int64_t x = 0; x < phases_across_; ++x) KPT_RETURN_IF_ERROR(MakePhase(spec, channels, y, x));
  for (int64_t column = 0; column <= shape.out_width / shape.stride_x; ++column)
    row_offsets_.push_back(static_cast<int32_t>(column * shape.channels));
  const size_t copy = static_cast<size_t>(rows_ * pitch_);
  if (bordered_) copy_bytes_ = AlignUp(copy + kReadPadding);
  if (widen_ != nullptr) words_bytes_ = AlignUp(copy * sizeof(uint16_t) + kReadPadding);
  output_ = KernelOutput(spec.out(), phases_.front().weights.fast_scale());
  int64_t width = 0;  // phases have their own numbers of taps, and may have kernels of their own
  for (const Phase& phase : phases_) width = std::max(width, phase.weights.widest());
  if (output_.rounds()) wide_bytes_ = row_offsets_.size() * static_cast<size_t>(width) * sizeof(float);
  spec.scratch_bytes = copy_bytes_ + words_bytes_ + wide_bytes_ * static_cast<size_t>(spec.threads);
  return Status::Ok();
}

void ConvTransposeU8::CopyRow(int64_t image, int64_t row, uint8_t* padded) const {
  const int64_t y = row - top_, before = left_ * shape_.channels, bytes = shape_.in_width * shape_.channels;
  std::memset(padded, shape_.x_zero, static_cast<size_t>(pitch_));
  if (y < 0 || y >= shape_.in_height) return;
  std::memcpy(padded + before, x_ + (image * shape_.in_height + y) * bytes, static_cast<size_t>(bytes));
}

/// The outputs of one row that belong to one phase; `first`: where in the copy its inputs begin.
void ConvTransposeU8::RunPhase(const Phase& phase, const uint8_t* padded, const uint16_t* words,
                               int64_t first, int64_t pixel, float* wide) const {
  const GemmPanels& panels = phase.weights.panels();
  GemmS8Block block = {};
  block.row_offsets = row_offsets_.data();
  block.tap_offsets = phase.tap_offsets.data();
  block.rows = phase.columns;
  block.range = shape_.range;
  const int64_t y_stride = shape_.stride_x * shape_.out_channels;
  for (int64_t index = 0; index < shape_.group * panels.count; ++index) {
    const int64_t group = index / panels.count, panel = index % panels.count;
    phase.weights.Bind(group, panel, &block);
    block.a = phase.weights.kernel().A(padded, words, first + group * shape_.group_in);
    const int64_t at = pixel * shape_.out_channels + group * shape_.group_out + panels.Begin(panel);
    block.output = output_.kind();
    block.y = output_.At(at, wide);
    block.y_stride = output_.rounds() ? block.columns : y_stride;
    phase.weights.kernel().run(block);
    for (int64_t p = 0; output_.rounds() && p < phase.columns; ++p)
      for (int n = 0; n < block.columns; ++n)
        output_.bytes()[at + p * y_stride + n] = RoundToByte(wide[p * block.columns + n], shape_.range);
  }
}

void ConvTransposeU8::RunRow(const uint8_t* padded, const uint16_t* words, int64_t image, int64_t y,
                             float* wide) const {
  const int64_t first = y / shape_.stride_y * pitch_;
  for (int64_t x = 0; x < phases_across_; ++x) {
    const Phase& phase = phases_[static_cast<size_t>(y % shape_.stride_y * phases_across_ + x)];
    RunPhase(phase, padded, words, first, (image * shape_.out_height + y) * shape_.out_width + phase.x, wide);
  }
}

void ConvTransposeU8::Run(const RunContext& context) {
  if (shape_.out_width == 0 || shape_.out_channels == 0) return;
  for (int64_t image = 0; image < shape_.batch; ++image) {
    const uint8_t* input = bordered_ ? context.scratch : x_ + image * shape_.in_height * pitch_;
    uint16_t* words = reinterpret_cast<uint16_t*>(context.scratch + copy_bytes_);
    if (bordered_ || widen_ != nullptr)
      context.pool->ParallelFor(rows_, 8, [&](int64_t begin, int64_t end, int) {
        for (int64_t row = begin; row < end; ++row) {
          if (bordered_) CopyRow(image, row, context.scratch + row * pitch_);
          if (widen_ != nullptr) widen_(input + row * pitch_, pitch_, words + row * pitch_);
        }
      });
    context.pool->ParallelFor(
        shape_.out_height, 1, context.backwards, [&](int64_t begin, int64_t end, int thread) {
          float* wide = reinterpret_cast<float*>(context.scratch + copy_bytes_ + words_bytes_ +
                                                 wide_bytes_ * static_cast<size_t>(thread));
          for (int64_t i = begin; i < end; ++i)
            RunRow(input, words, image, context.Turn(i, shape_.out_height), wide);
        });
  }
}

}  // namespace

Status MakeConvTransposeU8(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 4, 1));
  ConvShape shape;
  KPT_RETURN_IF_ERROR(shape.Read(spec, true));
  auto step = std::make_unique<ConvTransposeU8>();
  KPT_RETURN_IF_ERROR(step->Make(spec, shape));
  *out = std::move(step);
  return Status::Ok();
}

}  // namespace kompakt
