// conv_f32: a float32 convolution as an indirect product (no copy of the input), or depthwise. With few
// channels one tap of the product is a whole line of the window, which is one run of memory: chains of a few
// multiply-adds per tap would leave the kernel idle. Only runs that reach into the padding are copied.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "native/ops/activation_f32.h"
#include "native/ops/checks.h"
#include "native/ops/convolution.h"
#include "native/ops/dwconv_f32.h"
#include "native/ops/gemm_f32_loop.h"

namespace kompakt {
namespace {

class ConvF32 : public Step {
 public:
  ConvF32(const Convolution& conv, UnaryOp activation) : conv_(conv), activation_(activation) {}

  Status Prepare(const StepSpec& spec) {
    const TensorView &x = *spec.in(0), &w = *spec.in(1), *bias = spec.in(2), *residual = spec.in(3);
    const int64_t columns = conv_.o / conv_.group, taps = conv_.kh * conv_.kw, k = taps * conv_.depth;
    constexpr int64_t kFewChannels = 32;
    runs_ = conv_.dilation_w == 1 && conv_.depth <= kFewChannels && conv_.group == 1;
    x_ = x.as<float>();
    bias_ = bias == nullptr ? nullptr : bias->as<float>();
    residual_ = residual == nullptr ? nullptr : residual->as<float>();
    y_ = spec.out().as<float>();

    gemm_.kernel = GemmF32Kernels().Best();
    gemm_.panels = CutGemmF32(gemm_.kernel, columns);
    gemm_.columns = columns;
    gemm_.taps = runs_ ? conv_.kh : taps;
    gemm_.depth = runs_ ? conv_.kw * conv_.depth : conv_.depth;
    gemm_.residual_stride = gemm_.c_stride = conv_.o;
    gemm_.factor = 1.0f;
    gemm_.activation = InlinePart(activation_);
    group_size_ = k * gemm_.panels.padded_columns();
    const std::string tag = "gemm_f32/" + std::to_string(gemm_.panels.lanes) + "x" +
                            std::to_string(gemm_.panels.vectors) + "/" + std::to_string(conv_.group) + "/" +
                            std::to_string(k);
    w_ = w.as<float>();
    const size_t packed_bytes = static_cast<size_t>(conv_.group * group_size_) * sizeof(float);
    if (w.is_constant()) {
      packed_ =
          reinterpret_cast<const float*>(spec.packs->Get(w.constant, tag, packed_bytes, [&](uint8_t* out) {
            for (int64_t i = 0; i < conv_.group * gemm_.panels.count(); ++i)
              Pack(i, reinterpret_cast<float*>(out));
          }));
      if (packed_ == nullptr) return OutOfMemory();
    } else {
      packed_bytes_ = AlignUp(packed_bytes + kReadPadding);
    }
    zeros_ = AlignedBuffer(static_cast<size_t>(std::max(conv_.c, gemm_.depth)) * sizeof(float));
    if (zeros_.data() == nullptr) return OutOfMemory();

    row_offsets_ = TapOffsets(conv_.oh, conv_.kh, conv_.h, conv_.stride_h, conv_.dilation_h, conv_.pad_top,
                              conv_.w * conv_.c);
    column_offsets_ =
        TapOffsets(conv_.ow, conv_.kw, conv_.w, conv_.stride_w, conv_.dilation_w, conv_.pad_left, conv_.c);
    // Neighbouring windows share their input: a row costs the cache about one pixel per step of the stride.
    const int64_t pixel_bytes = conv_.c * static_cast<int64_t>(sizeof(float));
    loop_ =
        GemmF32Loop(conv_.n * conv_.oh * conv_.ow, pixel_bytes * conv_.stride_w, gemm_.panels, spec.threads);
    pointer_bytes_ = AlignUp(static_cast<size_t>(gemm_.taps * loop_.most_rows()) * sizeof(float*));
    thread_bytes_ = pointer_bytes_;
    if (runs_) {
      spans_ = {SpanOf(0, conv_.kw)};
      // The most pixels of a piece whose windows reach into the padding at the left or right.
      const int64_t lines = (loop_.most_rows() + conv_.ow - 1) / std::max<int64_t>(conv_.ow, 1) + 1;
      const int64_t edges = std::min(loop_.most_rows(), lines * (conv_.ow - spans_[0].end + spans_[0].begin));
      thread_bytes_ += AlignUp(static_cast<size_t>(edges * k) * sizeof(float) + kReadPadding);
    } else {
      for (int64_t kx = 0; kx < conv_.kw; ++kx) spans_.push_back(SpanOf(kx, 1));
    }
    spec.scratch_bytes = packed_bytes_ + thread_bytes_ * static_cast<size_t>(spec.threads);
    return Status::Ok();
  }

  void Run(const RunContext& context) override {
    const float* packed = packed_;
    if (packed == nullptr) {
      float* to = reinterpret_cast<float*>(context.scratch);
      const int64_t panels = gemm_.panels.count();
      context.pool->ParallelFor(conv_.group * panels, GrainOf(group_size_ / std::max<int64_t>(panels, 1)),
                                [&](int64_t begin, int64_t end, int) {
                                  for (int64_t i = begin; i < end; ++i) Pack(i, to);
                                });
      packed = to;
    }
    context.pool->ParallelFor(loop_.pieces(), 1, [&](int64_t begin, int64_t end, int thread) {
      uint8_t* scratch = context.scratch + packed_bytes_ + static_cast<size_t>(thread) * thread_bytes_;
      for (int64_t i = begin; i < end; ++i)
        RunOne(loop_.piece(context.Turn(i, loop_.pieces())), packed, scratch);
    });
  }

 private:
  static Status OutOfMemory() {
    return Status::Error("KPT_TOO_LARGE", "out of memory: the weights of conv_f32");
  }

  /// Packs panel i of all groups into its place in `packed`.
  void Pack(int64_t i, float* packed) const {
    const int64_t g = i / gemm_.panels.count(), panel = i % gemm_.panels.count();
    const int64_t k = gemm_.taps * gemm_.depth;
    PackGemmF32(gemm_.panels, k, gemm_.columns, w_ + g * gemm_.columns * k, 1, k, panel, panel + 1,
                packed + g * group_size_);
  }

  void RunOne(const GemmF32Piece& piece, const float* packed, uint8_t* scratch) const {
    const float** rows = reinterpret_cast<const float**>(scratch);
    Point(piece, reinterpret_cast<float*>(scratch + pointer_bytes_), rows);
    for (int64_t g = 0; g < conv_.group; ++g) {
      GemmF32 gemm = gemm_;
      gemm.b = packed + g * group_size_;
      gemm.bias = bias_ == nullptr ? nullptr : bias_ + g * gemm.columns;
      gemm.residual = residual_ == nullptr ? nullptr : residual_ + g * gemm.columns;
      gemm.c = y_ + g * gemm.columns;
      RunPiece(gemm, activation_, piece, rows, piece.row_count);
      if (g + 1 < conv_.group)
        for (int64_t i = 0; i < gemm.taps * piece.row_count; ++i) rows[i] += conv_.depth;
    }
  }

  /// Output columns [begin, end) for which `taps` columns of the window from tap `kx` on lie inside the
  /// input; there, they begin `offset` floats from where the pixel would begin without padding.
  struct Span {
    int64_t begin, end, offset;
  };

  Span SpanOf(int64_t kx, int64_t taps) const {
    const int64_t* first = column_offsets_.data() + kx;
    Span span{0, conv_.ow, (kx * conv_.dilation_w - conv_.pad_left) * conv_.c};
    while (span.begin < conv_.ow && first[span.begin * conv_.kw] < 0) ++span.begin;
    while (span.end > span.begin && first[span.end * conv_.kw - conv_.kw + taps - 1] < 0) --span.end;
    return span;
  }

  /// rows[tap][i] = where tap `tap` of pixel i begins; a tap is a line of the window or one of its values.
  /// Taps in the padding are zeros; `copies` takes the lines that are so in part.
  void Point(const GemmF32Piece& piece, float* copies, const float** rows) const {
    const float* zeros = zeros_.as<float>();
    const int64_t step = conv_.stride_w * conv_.c;
    int64_t ox = piece.first_row % conv_.ow, line = piece.first_row / conv_.ow;
    for (int64_t i = 0; i < piece.row_count; ox = 0, ++line) {
      const int64_t end = std::min(conv_.ow, ox + piece.row_count - i);
      const float* image = x_ + line / conv_.oh * conv_.h * conv_.w * conv_.c;
      const int64_t* offsets = row_offsets_.data() + line % conv_.oh * conv_.kh;
      const float** to = rows + i - ox;
      for (int64_t ky = 0; ky < conv_.kh; ++ky)
        for (const Span& span : spans_) {
          const bool outside = offsets[ky] < 0;
          const int64_t begin = std::clamp(outside ? end : span.begin, ox, end);
          const int64_t stop = std::clamp(span.end, begin, end);
          const float* from = image + offsets[ky];
          for (int64_t p = ox; p < begin; ++p) to[p] = outside ? zeros : Edge(from, p, &copies);
          for (int64_t p = begin; p < stop; ++p) to[p] = from + (p * step + span.offset);
          for (int64_t p = stop; p < end; ++p) to[p] = Edge(from, p, &copies);
          to += piece.row_count;
        }
      i += end - ox;
    }
  }

  /// A tap that reaches into the padding: one value is all zeros, a line of values is copied to `*copies`.
  const float* Edge(const float* from, int64_t ox, float** copies) const {
    if (!runs_) return zeros_.as<float>();
    float* to = *copies;
    *copies += gemm_.depth;
    return CopyRun(from, ox, to);
  }

  /// Copies one line of the window of output column `ox`, padding included.
  const float* CopyRun(const float* from, int64_t ox, float* to) const {
    const int64_t* column = column_offsets_.data() + ox * conv_.kw;
    const size_t bytes = static_cast<size_t>(conv_.c) * sizeof(float);
    for (int64_t kx = 0; kx < conv_.kw; ++kx)
      std::memcpy(to + kx * conv_.c, column[kx] < 0 ? zeros_.as<float>() : from + column[kx], bytes);
    return to;
  }

  const Convolution conv_;
  const UnaryOp activation_;
  GemmF32 gemm_{};
  GemmF32Loop loop_;
  bool runs_ = false;
  /// Of the taps of one line of the window.
  std::vector<Span> spans_;
  const float* x_ = nullptr;
  const float* bias_ = nullptr;
  const float* residual_ = nullptr;
  float* y_ = nullptr;
  const float* w_ = nullptr;
  /// Null when the weights change from run to run: they are packed into scratch then.
  const float* packed_ = nullptr;
  size_t packed_bytes_ = 0;
  int64_t group_size_ = 0;
  AlignedBuffer zeros_;
  std::vector<int64_t> row_offsets_, column_offsets_;
  size_t pointer_bytes_ = 0, thread_bytes_ = 0;
};

}  // namespace

Status MakeConvF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 4, 1));
  Convolution conv;
  KPT_RETURN_IF_ERROR(ReadConvolution(spec, &conv));
  UnaryOp activation;
  KPT_RETURN_IF_ERROR(ReadActivation(spec, &activation));
  if (spec.in(0)->dtype != DType::kF32 || spec.in(1)->dtype != DType::kF32 || spec.out().dtype != DType::kF32)
    return spec.Fail("x, w and y must be f32");
  KPT_RETURN_IF_ERROR(CheckOptional(spec, 2, DType::kF32, conv.o));
  KPT_RETURN_IF_ERROR(CheckOptional(spec, 3, DType::kF32, spec.out().size()));
  if (conv.group == conv.c && conv.group == conv.o) return NewDwconvF32(spec, conv, activation, out);
  auto step = std::make_unique<ConvF32>(conv, activation);
  KPT_RETURN_IF_ERROR(step->Prepare(spec));
  *out = std::move(step);
  return Status::Ok();
}

}  // namespace kompakt
