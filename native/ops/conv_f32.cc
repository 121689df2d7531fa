// conv_f32: a float32 convolution as an indirect product (no copy of the input), or depthwise.
// SPDX-License-Identifier: Apache-2.0
#include "native/ops/conv_f32.h"

#include <algorithm>

#include "native/ops/checks.h"
#include "native/ops/conv_f32_rows.h"
#include "native/ops/dwconv_f32.h"

namespace kompakt {
namespace {

class ConvF32 : public Step {
 public:
  ConvF32(const Convolution& conv, std::vector<int64_t> row_offsets)
      : conv_(conv), row_offsets_(std::move(row_offsets)) {}

  Status Prepare(const StepSpec& spec, UnaryOp activation) {
    KPT_RETURN_IF_ERROR(rows_.Make(spec, conv_, activation));
    x_ = spec.in(0)->as<float>();
    const GemmF32& gemm = rows_.gemm();
    // Neighbouring windows share their input: a row costs the cache about one pixel per step of the stride.
    const int64_t pixel_bytes = conv_.c * static_cast<int64_t>(sizeof(float));
    loop_ =
        GemmF32Loop(conv_.n * conv_.oh * conv_.ow, pixel_bytes * conv_.stride_w, gemm.panels, spec.threads);
    if (gemm.b == nullptr)
      packed_bytes_ =
          AlignUp(static_cast<size_t>(conv_.group * rows_.group_size()) * sizeof(float) + kReadPadding);
    window_bytes_ = AlignUp(static_cast<size_t>(conv_.kh) * sizeof(float*));
    pointer_bytes_ = AlignUp(static_cast<size_t>(gemm.taps * loop_.most_rows()) * sizeof(float*));
    // Lines that a piece may have a part of.
    const int64_t lines = (loop_.most_rows() + conv_.ow - 1) / std::max<int64_t>(conv_.ow, 1) + 1;
    const size_t most = static_cast<size_t>(loop_.most_rows() * gemm.taps * gemm.depth) * sizeof(float);
    thread_bytes_ = window_bytes_ + pointer_bytes_ +
                    AlignUp(std::min(most, static_cast<size_t>(lines) * rows_.copy_bytes()) + kReadPadding);
    spec.scratch_bytes = packed_bytes_ + thread_bytes_ * static_cast<size_t>(spec.threads);
    return Status::Ok();
  }

  void Run(const RunContext& context) override {
    const float* packed = rows_.gemm().b;
    if (packed == nullptr) {
      float* to = reinterpret_cast<float*>(context.scratch);
      const int64_t panels = rows_.gemm().panels.count();
      context.pool->ParallelFor(conv_.group * panels,
                                GrainOf(rows_.group_size() / std::max<int64_t>(panels, 1)),
                                [&](int64_t begin, int64_t end, int) {
                                  for (int64_t i = begin; i < end; ++i) rows_.PackPanel(i, to);
                                });
      packed = to;
    }
    context.pool->ParallelFor(
        loop_.pieces(), 1, context.backwards, [&](int64_t begin, int64_t end, int thread) {
          uint8_t* scratch = context.scratch + packed_bytes_ + static_cast<size_t>(thread) * thread_bytes_;
          for (int64_t i = begin; i < end; ++i)
            RunOne(loop_.piece(context.Turn(i, loop_.pieces())), packed, scratch);
        });
  }

 private:
  void RunOne(const GemmF32Piece& piece, const float* packed, uint8_t* scratch) const {
    const float** rows = reinterpret_cast<const float**>(scratch + window_bytes_);
    Point(piece, scratch, rows);
    for (int64_t g = 0; g < conv_.group; ++g) {
      GemmF32 gemm = rows_.gemm();
      gemm.b = packed + g * rows_.group_size();
      if (gemm.bias != nullptr) gemm.bias += g * gemm.columns;
      if (gemm.residual != nullptr) gemm.residual += g * gemm.columns;
      gemm.c += g * gemm.columns;
      RunPiece(gemm, rows_.activation(), piece, rows, piece.row_count);
      if (g + 1 < conv_.group)
        for (int64_t i = 0; i < gemm.taps * piece.row_count; ++i) rows[i] += conv_.depth;
    }
  }

  /// rows[tap][i] = where tap `tap` of pixel i begins.
  void Point(const GemmF32Piece& piece, uint8_t* scratch, const float** rows) const {
    const float** window = reinterpret_cast<const float**>(scratch);
    float* copies = reinterpret_cast<float*>(scratch + window_bytes_ + pointer_bytes_);
    int64_t ox = piece.first_row % conv_.ow, line = piece.first_row / conv_.ow;
    for (int64_t i = 0; i < piece.row_count; ox = 0, ++line) {
      const int64_t end = std::min(conv_.ow, ox + piece.row_count - i);
      const float* image = x_ + line / conv_.oh * conv_.h * conv_.w * conv_.c;
      const int64_t* offsets = row_offsets_.data() + line % conv_.oh * conv_.kh;
      for (int64_t ky = 0; ky < conv_.kh; ++ky) window[ky] = offsets[ky] < 0 ? nullptr : image + offsets[ky];
      rows_.PointLine(window, ox, end, rows + i - ox, piece.row_count, &copies);
      i += end - ox;
    }
  }

  const Convolution conv_;
  const std::vector<int64_t> row_offsets_;
  ConvF32Rows rows_;
  GemmF32Loop loop_;
  const float* x_ = nullptr;
  size_t packed_bytes_ = 0, window_bytes_ = 0, pointer_bytes_ = 0, thread_bytes_ = 0;
};

}  // namespace

Status ReadConvF32(const StepSpec& spec, const Convolution& conv, UnaryOp* activation) {
  KPT_RETURN_IF_ERROR(ReadActivation(spec, activation));
  if (spec.in(0)->dtype != DType::kF32 || spec.in(1)->dtype != DType::kF32 || spec.out().dtype != DType::kF32)
    return spec.Fail("x, w and y must be f32");
  KPT_RETURN_IF_ERROR(CheckOptional(spec, 2, DType::kF32, conv.o));
  return CheckOptional(spec, 3, DType::kF32, spec.out().size());
}

Status NewConvF32(const StepSpec& spec, const Convolution& conv, std::vector<int64_t> row_offsets,
                  UnaryOp activation, std::unique_ptr<Step>* out) {
  auto step = std::make_unique<ConvF32>(conv, std::move(row_offsets));
  KPT_RETURN_IF_ERROR(step->Prepare(spec, activation));
  *out = std::move(step);
  return Status::Ok();
}

Status MakeConvF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 4, 1));
  Convolution conv;
  KPT_RETURN_IF_ERROR(ReadConvolution(spec, &conv));
  // Windows of no channels add nothing, however many taps they have.
  if (conv.depth == 0) conv.kh = conv.kw = 1;
  UnaryOp activation;
  KPT_RETURN_IF_ERROR(ReadConvF32(spec, conv, &activation));
  if (conv.group == conv.c && conv.group == conv.o) return NewDwconvF32(spec, conv, {}, activation, out);
  return NewConvF32(
      spec, conv,
      TapOffsets(conv.oh, conv.kh, conv.h, conv.stride_h, conv.dilation_h, conv.pad_top, conv.w * conv.c),
      activation, out);
}

}  // namespace kompakt
