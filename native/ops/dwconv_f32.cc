// The depthwise form of conv_f32: rows of the output are shared among the threads.
// SPDX-License-Identifier: Apache-2.0
#include "native/ops/dwconv_f32.h"

#include <algorithm>
#include <cstring>

#include "native/kernels/dwconv_f32/dwconv_f32.h"

namespace kompakt {
namespace {

class DwconvF32 : public Step {
 public:
  DwconvF32(const Convolution& conv, UnaryOp activation) : conv_(conv), activation_(activation) {}

  Status Prepare(const StepSpec& spec) {
    const TensorView &x = *spec.in(0), &w = *spec.in(1), *bias = spec.in(2), *residual = spec.in(3);
    kernel_ = DwconvF32Kernels().Best();
    x_ = x.as<float>();
    y_ = spec.out().as<float>();
    residual_ = residual == nullptr ? nullptr : residual->as<float>();
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
    // Blocks of channels only for inputs that the second-level cache holds: larger ones stream best in order.
    constexpr int64_t kCacheFloats = 8192, kSmallestBlock = 64, kBlockStep = 16;
    constexpr size_t kStreamBytes = 1 << 20;
    block_ = kCacheFloats / std::max<int64_t>((conv_.kh + 1) * conv_.w, 1) / kBlockStep * kBlockStep;
    block_ = x.bytes() > kStreamBytes ? std::max<int64_t>(conv_.c, 1) : std::max(block_, kSmallestBlock);
    const int64_t taps = conv_.kh * conv_.kw;
    // [O, kH, kW, 1] becomes [kH, kW, C].
    w_ = w.as<float>();
    const size_t bytes = static_cast<size_t>(taps * row_.w_stride) * sizeof(float);
    if (w.is_constant()) {
      packed_ = reinterpret_cast<const float*>(
          spec.packs->Get(w.constant, "dwconv_f32/" + std::to_string(taps), bytes,
                          [&](uint8_t* out) { Pack(reinterpret_cast<float*>(out)); }));
      if (packed_ == nullptr) return Status::Error("KPT_TOO_LARGE", "out of memory: the weights of conv_f32");
    } else {
      packed_bytes_ = (bytes + kReadPadding + kAlignment - 1) / kAlignment * kAlignment;
    }
    spec.scratch_bytes = packed_bytes_ + static_cast<size_t>(spec.threads * conv_.kh) * sizeof(float*);
    return Status::Ok();
  }

  void Run(const RunContext& context) override {
    const float* packed = packed_;
    if (packed == nullptr) {
      float* to = reinterpret_cast<float*>(context.scratch);
      std::memset(to, 0, packed_bytes_);
      Pack(to);
      packed = to;
    }
    context.pool->ParallelFor(conv_.n * conv_.oh, 1, [&](int64_t begin, int64_t end, int thread) {
      const float** lines =
          reinterpret_cast<const float**>(context.scratch + packed_bytes_) + thread * conv_.kh;
      // A few rows, some channels at a time: an input row is then still in the first-level cache for the next
      // rows.
      constexpr int64_t kBand = 16;
      for (int64_t band = begin; band < end; band += kBand)
        for (int64_t c = 0; c < conv_.c; c += block_)
          for (int64_t line = band; line < std::min(band + kBand, end); ++line)
            RunLine(line, c, packed, lines);
    });
  }

 private:
  void Pack(float* to) const {
    const int64_t taps = conv_.kh * conv_.kw;
    for (int64_t c = 0; c < conv_.c; ++c)
      for (int64_t t = 0; t < taps; ++t) to[t * row_.w_stride + c] = w_[c * taps + t];
  }

  /// Channels [c, c + block_) of one row of y.
  void RunLine(int64_t line, int64_t c, const float* packed, const float** lines) const {
    const float* image = x_ + line / conv_.oh * conv_.h * conv_.w * conv_.c;
    const int64_t top = line % conv_.oh * conv_.stride_h - conv_.pad_top;
    // Rows of taps in the padding are skipped: they lie before and after those inside.
    int64_t first = 0, count = 0;
    for (int64_t ky = 0; ky < conv_.kh; ++ky) {
      const int64_t iy = top + ky * conv_.dilation_h;
      if (iy < 0 || iy >= conv_.h) continue;
      if (count == 0) first = ky;
      lines[count++] = image + iy * conv_.w * conv_.c;
    }
    DwconvF32Row row = row_;
    const int64_t size = conv_.ow * conv_.o;
    row.lines = lines;
    row.line_count = count;
    row.w = packed + first * conv_.kw * row_.w_stride;
    row.y = y_ + line * size;
    row.residual = residual_ == nullptr ? nullptr : residual_ + line * size;
    row.first_channel = c;
    row.last_channel = std::min(c + block_, conv_.c);
    kernel_(row);
    if (row.activation.kind != activation_.kind && row.last_channel == conv_.c)
      UnaryF32(activation_, row.y, row.y, size);
  }

  const Convolution conv_;
  const UnaryOp activation_;
  DwconvF32Fn kernel_ = nullptr;
  DwconvF32Row row_{};
  /// Channels computed together, a multiple of every tier's lanes.
  int64_t block_ = 0;
  const float* x_ = nullptr;
  const float* residual_ = nullptr;
  float* y_ = nullptr;
  const float* w_ = nullptr;
  /// Null when the weights change from run to run: they are packed into scratch then.
  const float* packed_ = nullptr;
  size_t packed_bytes_ = 0;
};

}  // namespace

Status NewDwconvF32(const StepSpec& spec, const Convolution& conv, UnaryOp activation,
                    std::unique_ptr<Step>* out) {
  auto step = std::make_unique<DwconvF32>(conv, activation);
  KPT_RETURN_IF_ERROR(step->Prepare(spec));
  *out = std::move(step);
  return Status::Ok();
}

}  // namespace kompakt
