// conv_b1: a convolution of bits by bits, run by gemm_b1 over bands of output rows (band_b1.h). Sums become
// bits inside the kernel; float32 and bytes are made of them while they are in cache.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "native/base/aligned_buffer.h"
#include "native/kernels/affine_s32/affine_s32.h"
#include "native/kernels/gemm_b1/gemm_b1.h"
#include "native/ops/band_b1.h"
#include "native/ops/border_b1.h"
#include "native/ops/checks.h"

namespace kompakt {
namespace {

/// One-bit multiplications that take a core some microseconds, several times as long as waking a thread.
constexpr double kMacsOfShare = KPT_X86_64 ? 1 << 22 : 1 << 20;

/// Sums that wait to become float32 or bytes: they should stay in the first cache level next to a panel.
constexpr int64_t kSumBytes = 16 * 1024;
/// Pixels below which sums make poor tiles.
constexpr int64_t kMinSumPixels = 48;

int64_t AlignUp(int64_t bytes) {
  constexpr int64_t kUnit = kAlignment;
  return (bytes + kUnit - 1) / kUnit * kUnit;
}

bool All(const float* values, int64_t count, float value) {
  return std::all_of(values, values + count, [value](float v) { return v == value; });
}

class ConvB1 : public Step {
 public:
  Status Make(const StepSpec& spec);
  void Run(const RunContext& context) override;

 private:
  Status ReadShape(const StepSpec& spec);
  Status ReadChannel(const StepSpec& spec, size_t i, const float** out) const;
  Status ReadOutput(const StepSpec& spec);
  Status PackWeights(const StepSpec& spec);
  Status FillTables(const StepSpec& spec, const int64_t* bits);
  void RunPanels(const uint8_t* input, const int32_t* row_tables, int64_t pixels, int64_t first_pixel,
                 int64_t panel_begin, int64_t panel_end, int32_t* sums) const;
  void RunSums(GemmB1Block block, int64_t panel, int64_t first_pixel, int32_t* sums) const;
  void Finish(const int32_t* sums, int64_t panel, int64_t pixels, int64_t first_pixel) const;

  Convolution conv_ = {};
  int64_t channels_ = 0;
  int32_t pad_value_ = 0;
  const uint8_t* x_ = nullptr;
  uint8_t* y_ = nullptr;
  bool to_f32_ = false;
  const int32_t* threshold_ = nullptr;  // set when y is bits
  AffineS32Params affine_ = {};
  const GemmB1Kernel* kernel_ = nullptr;
  GemmPanels panels_;
  const uint8_t* packed_ = nullptr;
  BandB1 input_;
  BorderB1 border_;
  AlignedBuffer table_;
  int64_t table_width_ = 0, panel_groups_ = 1, sum_pixels_ = 0;
  int64_t rows_at_ = 0, sums_at_ = 0, thread_scratch_ = 0;  // in a thread's scratch
};

Status ConvB1::ReadShape(const StepSpec& spec) {
  const TensorView &x = *spec.in(0), &w = *spec.in(1), &y = spec.out();
  if (x.dtype != DType::kU8 || w.dtype != DType::kU8 || !w.is_constant())
    return spec.Fail("x must be u8 and w a u8 constant");
  TensorView channels = y;  // y as if it were not packed
  const bool to_bits = spec.in(2) != nullptr;
  if (to_bits && w.rank == 4) {
    if (y.rank != 4 || y.dims[3] != (w.dims[0] + 7) / 8)
      return spec.Fail("y does not have a bit per channel");
    channels.dims[3] = w.dims[0];
  }
  StepSpec unpacked = spec;
  unpacked.outputs = {&channels};
  KPT_RETURN_IF_ERROR(ReadConvolution(unpacked, &conv_));
  KPT_RETURN_IF_ERROR(spec.params.Int("channels", &channels_));
  KPT_RETURN_IF_ERROR(spec.params.Int32("padValue", &pad_value_));
  if (conv_.group != 1) return spec.Fail("there are no groups of bits");
  if (channels_ < 1 || (channels_ + 7) / 8 != conv_.c)
    return spec.Fail("channels do not fill the bytes of x");
  if (pad_value_ < -1 || pad_value_ > 1) return spec.Fail("padValue is not -1, 0 or 1");
  KPT_RETURN_IF_ERROR(input_.Make(spec, conv_, channels_, pad_value_, kernel_->k_group));
  x_ = x.data, y_ = y.data, to_f32_ = y.dtype == DType::kF32;
  return Status::Ok();
}

Status ConvB1::ReadChannel(const StepSpec& spec, size_t i, const float** out) const {
  const TensorView* values = spec.in(i);
  if (values->dtype != DType::kF32 || values->size() != conv_.o || !values->is_constant())
    return spec.Fail("input " + std::to_string(i) +
                     " must be a f32 constant with one value per output channel");
  *out = values->as<float>();
  for (int64_t o = 0; o < conv_.o; ++o)
    if (!std::isfinite((*out)[o])) return spec.Fail("a value per channel is not finite");
  return Status::Ok();
}

Status ConvB1::ReadOutput(const StepSpec& spec) {
  if (const TensorView* threshold = spec.in(2)) {
    if (threshold->dtype != DType::kS32 || threshold->size() != conv_.o || !threshold->is_constant())
      return spec.Fail("threshold must be a s32 constant with one value per output channel");
    threshold_ = threshold->as<int32_t>();
    return CheckDType(spec, spec.out(), DType::kU8);
  }
  if (spec.in(3) == nullptr || spec.in(4) == nullptr) return spec.Fail("scale or bias is absent");
  if ((spec.in(5) == nullptr) != (spec.in(6) == nullptr)) return spec.Fail("slope and shift go together");
  KPT_RETURN_IF_ERROR(ReadChannel(spec, 3, &affine_.scale));
  KPT_RETURN_IF_ERROR(ReadChannel(spec, 4, &affine_.bias));
  if (spec.in(5) != nullptr) {
    KPT_RETURN_IF_ERROR(ReadChannel(spec, 5, &affine_.slope));
    KPT_RETURN_IF_ERROR(ReadChannel(spec, 6, &affine_.shift));
  }
  if (to_f32_) return Status::Ok();
  // What changes nothing, or the sign of a zero, which no byte shows.
  if (affine_.slope != nullptr && All(affine_.slope, conv_.o, 1) && All(affine_.shift, conv_.o, 0))
    affine_.slope = affine_.shift = nullptr;
  ByteRange range;
  KPT_RETURN_IF_ERROR(ReadByteRange(spec, "yZero", &range));
  affine_.range = {range.zero, range.lo, range.hi};
  const double most = static_cast<double>(conv_.kh * conv_.kw * channels_);
  affine_.bounded = true;
  for (int64_t o = 0; o < conv_.o; ++o)
    affine_.bounded &= std::fabs(affine_.scale[o]) * most + std::fabs(affine_.bias[o]) < 1 << 30;
  return CheckDType(spec, spec.out(), DType::kU8);
}

Status ConvB1::PackWeights(const StepSpec& spec) {
  const TensorView& w = *spec.in(1);
  const int64_t taps = conv_.kh * conv_.kw;
  const auto masked = [&] {
    std::vector<uint8_t> weights(w.data, w.data + w.size());
    for (int64_t i = 0; i < conv_.o * taps; ++i)
      weights[static_cast<size_t>((i + 1) * conv_.c - 1)] &= input_.last_byte();
    return weights;
  };
  const std::string tag = std::string("gemm_b1:") + kernel_->name + ":" + std::to_string(input_.taps()) +
                          ":" + std::to_string(input_.tap_bytes()) + ":" + std::to_string(channels_);
  packed_ = spec.packs->Get(w.constant, tag, GemmB1PackedBytes(panels_, input_.taps(), input_.tap_bytes()),
                            [&](uint8_t* block) {
                              PackGemmB1(*kernel_, panels_, input_.taps(), input_.used_tap_bytes(),
                                         input_.tap_bytes(), masked().data(), block);
                            });
  // The bits of every tap of every filter: packed too, because the weights are not there any more.
  const auto* bits = reinterpret_cast<const int64_t*>(spec.packs->Get(
      w.constant, tag + ":bits", static_cast<size_t>(conv_.o * taps) * sizeof(int64_t), [&](uint8_t* block) {
        const std::vector<uint8_t> weights = masked();
        int64_t* set = reinterpret_cast<int64_t*>(block);
        for (size_t i = 0; i < weights.size(); ++i)
          for (unsigned v = weights[i]; v != 0; v &= v - 1) ++set[i / static_cast<size_t>(conv_.c)];
      }));
  if (packed_ == nullptr || bits == nullptr)
    return Status::Error("KPT_TOO_LARGE", "packed weights of conv_b1");
  return FillTables(spec, bits);
}

/// Limits or offsets (gemm_b1.h) of every class of pixels.
Status ConvB1::FillTables(const StepSpec& spec, const int64_t* bits) {
  KPT_RETURN_IF_ERROR(border_.Make(spec, conv_, pad_value_ == 0));
  table_width_ = panels_.units * panels_.unit;
  table_ = AlignedBuffer(static_cast<size_t>(border_.classes() * table_width_) * sizeof(int32_t));
  if (table_.data() == nullptr) return Status::Error("KPT_TOO_LARGE", "tables of conv_b1");
  const int64_t taps = conv_.kh * conv_.kw;
  for (int64_t index = 0; index < border_.classes(); ++index) {
    int32_t* row = table_.as<int32_t>() + index * table_width_;
    std::fill(row, row + table_width_, -1);
    for (int64_t o = 0; o < conv_.o; ++o) {
      const int64_t offset = border_.Offset(index, bits + o * taps, channels_);
      // offset - 2 * pop >= threshold; the shift rounds down.
      const int64_t limit = threshold_ == nullptr ? offset : (offset - threshold_[o]) >> 1;
      row[o] =
          static_cast<int32_t>(std::clamp<int64_t>(limit, threshold_ == nullptr ? limit : -1, INT32_MAX));
    }
  }
  return Status::Ok();
}

Status ConvB1::Make(const StepSpec& spec) {
  kernel_ = &ChooseGemmB1();
  KPT_RETURN_IF_ERROR(ReadShape(spec));
  KPT_RETURN_IF_ERROR(ReadOutput(spec));
  panels_ = GemmPanels(kernel_->unit, kernel_->max_units, conv_.o);
  KPT_RETURN_IF_ERROR(PackWeights(spec));
  KPT_RETURN_IF_ERROR(input_.Cut(spec));
  const int64_t tasks = input_.images() * input_.bands();
  if (tasks > 0 && tasks < spec.threads) panel_groups_ = std::min(panels_.count, 3 * spec.threads / tasks);
  rows_at_ = AlignUp(input_.scratch_bytes());
  sums_at_ = rows_at_ + (border_.classes() > 1 ? AlignUp(input_.band_pixels() * 4) : 0);
  const int64_t width = std::clamp<int64_t>(table_width_, 1, kernel_->unit * kernel_->max_units);
  sum_pixels_ = std::min(input_.band_pixels(), std::max(kMinSumPixels, kSumBytes / (width * 4)));
  thread_scratch_ = sums_at_ + (threshold_ != nullptr ? 0 : AlignUp(sum_pixels_ * width * 4 + kAlignment));
  spec.scratch_bytes = static_cast<size_t>(thread_scratch_ * spec.threads);
  return Status::Ok();
}

/// Panels [panel_begin, panel_end) of one band.
void ConvB1::RunPanels(const uint8_t* input, const int32_t* row_tables, int64_t pixels, int64_t first_pixel,
                       int64_t panel_begin, int64_t panel_end, int32_t* sums) const {
  GemmB1Block block = {};
  block.a = input;
  block.row_offsets = input_.row_offsets();
  block.tap_offsets = input_.tap_offsets();
  block.rows = pixels;
  block.taps = input_.taps();
  block.tap_bytes = input_.tap_bytes();
  block.row_tables = row_tables;
  block.to_bits = threshold_ != nullptr;
  for (int64_t panel = panel_begin; panel < panel_end; ++panel) {
    const int64_t column = panels_.Begin(panel);
    block.b = GemmB1Panel(panels_, block.taps, block.tap_bytes, packed_, panel);
    block.table = table_.as<int32_t>() + column;
    block.columns = panels_.Columns(panel);
    if (!block.to_bits) {
      RunSums(block, panel, first_pixel, sums);
      continue;
    }
    block.y_stride = (conv_.o + 7) / 8;
    block.y = y_ + first_pixel * block.y_stride + column / 8;
    kernel_->run(block);
  }
}

/// One panel of one band, some pixels at a time.
void ConvB1::RunSums(GemmB1Block block, int64_t panel, int64_t first_pixel, int32_t* sums) const {
  block.y = sums;
  block.y_stride = panels_.Width(panel);
  for (int64_t left = block.rows; left > 0; left -= block.rows, first_pixel += block.rows) {
    block.rows = std::min(left, sum_pixels_);
    kernel_->run(block);
    Finish(sums, panel, block.rows, first_pixel);
    block.row_offsets += block.rows;
    if (block.row_tables != nullptr) block.row_tables += block.rows;
  }
}

void ConvB1::Finish(const int32_t* sums, int64_t panel, int64_t pixels, int64_t first_pixel) const {
  const AffineS32Kernel& affine = BestAffineS32Kernel();
  const int64_t column = panels_.Begin(panel), columns = panels_.Columns(panel);
  AffineS32Params params = affine_;
  params.scale += column, params.bias += column;
  if (params.slope != nullptr) params.slope += column, params.shift += column;
  const AffineS32Rows rows = {sums, panels_.Width(panel), conv_.o, pixels, columns};
  const int64_t at = first_pixel * conv_.o + column;
  if (to_f32_)
    affine.f32(params, rows, reinterpret_cast<float*>(y_) + at);
  else
    affine.u8(params, rows, y_ + at);
}

void ConvB1::Run(const RunContext& context) {
  const int64_t tasks = input_.images() * input_.bands() * panel_groups_;
  const double macs = static_cast<double>(conv_.n * conv_.oh * conv_.ow) * static_cast<double>(conv_.o) *
                      static_cast<double>(conv_.kh * conv_.kw * channels_);
  const double share = static_cast<double>(tasks) * kMacsOfShare / std::max(macs, 1.0);
  const double most = static_cast<double>(std::max<int64_t>(tasks, 1));
  const int64_t grain = static_cast<int64_t>(std::clamp(share, 1.0, most));
  context.pool->ParallelFor(tasks, grain, [&](int64_t begin, int64_t end, int thread) {
    uint8_t* scratch = context.scratch + thread_scratch_ * thread;
    int32_t* row_tables = border_.classes() > 1 ? reinterpret_cast<int32_t*>(scratch + rows_at_) : nullptr;
    int32_t* sums = reinterpret_cast<int32_t*>(scratch + sums_at_);
    const uint8_t* input = nullptr;
    for (int64_t task = begin; task < end; ++task) {
      const int64_t band = task / panel_groups_ % input_.bands(),
                    image = task / panel_groups_ / input_.bands();
      const int64_t part = task % panel_groups_;
      const int64_t first = band * input_.band_lines();
      const int64_t lines = std::min(input_.band_lines(), input_.lines() - first);
      if (part == 0 || task == begin) {
        input = input_.Read(x_, image, first, lines, scratch);
        if (row_tables != nullptr) border_.Rows(first, lines, static_cast<int32_t>(table_width_), row_tables);
      }
      RunPanels(input, row_tables, lines * input_.line_pixels(),
                (image * input_.lines() + first) * input_.line_pixels(), part * panels_.count / panel_groups_,
                (part + 1) * panels_.count / panel_groups_, sums);
    }
  });
}

}  // namespace

Status MakeConvB1(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 7, 1));
  auto step = std::make_unique<ConvB1>();
  KPT_RETURN_IF_ERROR(step->Make(spec));
  *out = std::move(step);
  return Status::Ok();
}

}  // namespace kompakt
