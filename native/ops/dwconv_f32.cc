// The depthwise form of conv_f32: rows of the output are shared among the threads.
// SPDX-License-Identifier: Apache-2.0
#include "native/ops/dwconv_f32.h"

#include <algorithm>
#include <cstring>

namespace kompakt {

Status DwconvF32Lines::Make(const StepSpec& spec, const Convolution& conv, UnaryOp activation,
                            std::vector<int64_t> row_offsets) {
  const TensorView &x = *spec.in(0), &w = *spec.in(1), *bias = spec.in(2);
  conv_ = conv;
  activation_ = activation;
  kernel_ = DwconvF32Kernels().Best();
  x_ = x.as<float>();
  row_.w_stride = DwconvF32Stride(conv_.c);
  row_.kw = conv_.kw;
  row_.channels = conv_.c;
  row_.in_w = conv_.w;
  row_.out_w = conv_.ow;
  row_.stride = conv_.stride_w;
  row_.dilation = conv_.dilation_w;
  row_.pad_left = conv_.pad_left;
  row_.bias = bias == nullptr ? nullptr : bias->as<float>();
  row_.activation = IsInlineActivation(activation_.kind) ? activation_ : UnaryOp{};
  w_ = w.as<float>();
  row_offsets_ = std::move(row_offsets);
  if (!row_offsets_.empty()) {
    zeros_ = AlignedBuffer(static_cast<size_t>(conv_.w * conv_.c) * sizeof(float));
    if (zeros_.data() == nullptr)
      return Status::Error("KPT_TOO_LARGE", "out of memory: the padding of a depthwise convolution");
  }
  const int64_t taps = conv_.kh * conv_.kw;
  const size_t bytes = static_cast<size_t>(taps * row_.w_stride) * sizeof(float);
  if (!w.is_constant()) {
    live_bytes_ = AlignUp(bytes + kReadPadding);
    return Status::Ok();
  }
  packed_ = reinterpret_cast<const float*>(
      spec.packs->Get(w.constant, "dwconv_f32/" + std::to_string(taps), bytes,
                      [&](uint8_t* out) { Pack(reinterpret_cast<float*>(out)); }));
  return packed_ == nullptr ? Status::Error("KPT_TOO_LARGE", "out of memory: depthwise weights")
                            : Status::Ok();
}

/// [O, kH, kW, 1] becomes [kH, kW, C].
void DwconvF32Lines::Pack(float* to) const {
  const int64_t taps = conv_.kh * conv_.kw;
  for (int64_t c = 0; c < conv_.c; ++c)
    for (int64_t t = 0; t < taps; ++t) to[t * row_.w_stride + c] = w_[c * taps + t];
}

void DwconvF32Lines::PackLive(uint8_t* scratch) {
  std::memset(scratch, 0, live_bytes_);
  float* to = reinterpret_cast<float*>(scratch);
  Pack(to);
  packed_ = to;
}

void DwconvF32Lines::Run(int64_t line, int64_t first, int64_t last, void* scratch, const float* residual,
                         float* y) const {
  const float** lines = static_cast<const float**>(scratch);
  const float* image = x_ + line / conv_.oh * conv_.h * conv_.w * conv_.c;
  if (!row_offsets_.empty()) {
    const int64_t* offsets = row_offsets_.data() + line % conv_.oh * conv_.kh;
    for (int64_t ky = 0; ky < conv_.kh; ++ky)
      lines[ky] = offsets[ky] < 0 ? zeros_.as<float>() : image + offsets[ky];
    return RunWindow(lines, 0, conv_.kh, first, last, residual, y);
  }
  const int64_t top = line % conv_.oh * conv_.stride_h - conv_.pad_top;
  // Rows of taps in the padding are skipped: they lie before and after those inside.
  int64_t first_tap = 0, count = 0;
  for (int64_t ky = 0; ky < conv_.kh; ++ky) {
    const int64_t iy = top + ky * conv_.dilation_h;
    if (iy < 0 || iy >= conv_.h) continue;
    if (count == 0) first_tap = ky;
    lines[count++] = image + iy * conv_.w * conv_.c;
  }
  RunWindow(lines, first_tap, count, first, last, residual, y);
}

void DwconvF32Lines::RunWindow(const float* const* lines, int64_t first_tap, int64_t count, int64_t first,
                               int64_t last, const float* residual, float* y) const {
  DwconvF32Row row = row_;
  row.lines = lines;
  row.line_count = count;
  row.w = packed_ + first_tap * conv_.kw * row_.w_stride;
  row.y = y;
  row.residual = residual;
  row.first_channel = first;
  row.last_channel = last;
  kernel_(row);
  if (row.activation.kind == activation_.kind) return;
  const bool all = first == 0 && last == conv_.c;
  for (int64_t x = 0; x < (all ? 1 : conv_.ow); ++x) {
    float* pixel = y + x * conv_.c + first;
    UnaryF32(activation_, pixel, pixel, all ? conv_.ow * conv_.c : last - first);
  }
}

namespace {

class DwconvF32 : public Step {
 public:
  explicit DwconvF32(const Convolution& conv) : conv_(conv) {}

  Status Prepare(const StepSpec& spec, std::vector<int64_t> row_offsets, UnaryOp activation) {
    KPT_RETURN_IF_ERROR(lines_.Make(spec, conv_, activation, std::move(row_offsets)));
    const TensorView* residual = spec.in(3);
    y_ = spec.out().as<float>();
    residual_ = residual == nullptr ? nullptr : residual->as<float>();
    // Blocks of channels only for inputs that the second-level cache holds: larger ones stream best in order.
    constexpr int64_t kCacheFloats = 8192, kSmallestBlock = 64, kBlockStep = 16;
    constexpr size_t kStreamBytes = 1 << 20;
    block_ = kCacheFloats / std::max<int64_t>((conv_.kh + 1) * conv_.w, 1) / kBlockStep * kBlockStep;
    block_ =
        spec.in(0)->bytes() > kStreamBytes ? std::max<int64_t>(conv_.c, 1) : std::max(block_, kSmallestBlock);
    // Threads that write to one cache line of pointers would wait for each other at every line of the image.
    thread_bytes_ = AlignUp(lines_.scratch_bytes());
    spec.scratch_bytes = lines_.live_bytes() + static_cast<size_t>(spec.threads) * thread_bytes_;
    return Status::Ok();
  }

  void Run(const RunContext& context) override {
    if (lines_.live_bytes() > 0) lines_.PackLive(context.scratch);
    const int64_t size = conv_.ow * conv_.o, lines = conv_.n * conv_.oh;
    if (size == 0 || lines == 0) return;
    uint8_t* pointers = context.scratch + lines_.live_bytes();
    // A few lines, some channels at a time: an input line is then still in the first-level cache for the next
    // ones. Lines of all channels are cut finer, for a thread that is late to leave some to others.
    constexpr int64_t kBand = 16, kBandsPerThread = 4;
    const int64_t blocks = (conv_.c + block_ - 1) / block_, threads = context.pool->threads();
    const int64_t wanted = threads == 1 ? 1 : blocks > 1 ? threads : threads * kBandsPerThread;
    const int64_t bands = std::min(lines, std::max(wanted, (lines + kBand - 1) / kBand));
    context.pool->ParallelFor(
        bands * blocks, 1, context.backwards, [&](int64_t begin, int64_t end, int thread) {
          uint8_t* scratch = pointers + static_cast<size_t>(thread) * thread_bytes_;
          for (int64_t i = begin; i < end; ++i) {
            const int64_t task = context.Turn(i, bands * blocks), band = task / blocks;
            const int64_t c = task % blocks * block_;
            for (int64_t line = band * lines / bands; line < (band + 1) * lines / bands; ++line)
              lines_.Run(line, c, std::min(c + block_, conv_.c), scratch,
                         residual_ == nullptr ? nullptr : residual_ + line * size, y_ + line * size);
          }
        });
  }

 private:
  const Convolution conv_;
  DwconvF32Lines lines_;
  /// Channels computed together, a multiple of every tier's lanes.
  int64_t block_ = 0;
  size_t thread_bytes_ = 0;
  const float* residual_ = nullptr;
  float* y_ = nullptr;
};

}  // namespace

Status NewDwconvF32(const StepSpec& spec, const Convolution& conv, std::vector<int64_t> row_offsets,
                    UnaryOp activation, std::unique_ptr<Step>* out) {
  auto step = std::make_unique<DwconvF32>(conv);
  KPT_RETURN_IF_ERROR(step->Prepare(spec, std::move(row_offsets), activation));
  *out = std::move(step);
  return Status::Ok();
}

}  // namespace kompakt
