// The stages of chain_f32, each with the kernels and the bits of the step that it stands for.
// SPDX-License-Identifier: Apache-2.0
#include "native/ops/line_stage.h"

#include <algorithm>

#include "native/kernels/pool/pool.h"
#include "native/kernels/transpose/transpose.h"
#include "native/ops/activation_f32.h"
#include "native/ops/conv_f32_rows.h"
#include "native/ops/dwconv_f32.h"

namespace kompakt {
namespace {

LineStage::Window WindowOf(const Convolution& conv) {
  return {conv.kh, conv.stride_h, conv.dilation_h, conv.pad_top};
}

class ConvLines : public LineStage {
 public:
  Status Make(const StepSpec& spec, const Convolution& conv, UnaryOp activation) {
    KPT_RETURN_IF_ERROR(rows_.Make(spec, conv, activation));
    window_ = WindowOf(conv);
    width_ = conv.ow;
    const size_t pointers = static_cast<size_t>(rows_.gemm().taps * width_) * sizeof(float*);
    copies_at_ = AlignUp(pointers);
    scratch_bytes_ = copies_at_ + AlignUp(rows_.copy_bytes() + kReadPadding);
    return Status::Ok();
  }

  void Run(const float* const* lines, int64_t line, float* y, uint8_t* scratch) const override {
    const float** rows = reinterpret_cast<const float**>(scratch);
    float* copies = reinterpret_cast<float*>(scratch + copies_at_);
    rows_.PointLine(lines, 0, width_, rows, width_, &copies);
    GemmF32 gemm = rows_.gemm();
    gemm.c = y;
    if (gemm.residual != nullptr) gemm.residual += line * width_ * gemm.residual_stride;
    RunPiece(gemm, rows_.activation(), {0, width_, 0, gemm.panels.count()}, rows, width_);
  }

 private:
  ConvF32Rows rows_;
  int64_t width_ = 0;
  size_t copies_at_ = 0;
};

class DepthwiseLines : public LineStage {
 public:
  Status Make(const StepSpec& spec, const Convolution& conv, UnaryOp activation) {
    KPT_RETURN_IF_ERROR(lines_.Make(spec, conv, activation));
    window_ = WindowOf(conv);
    channels_ = conv.c;
    size_ = conv.ow * conv.c;
    residual_ = spec.in(3) == nullptr ? nullptr : spec.in(3)->as<float>();
    return Status::Ok();
  }

  void Run(const float* const* lines, int64_t line, float* y, uint8_t*) const override {
    // Lines in the padding come before and after those inside.
    int64_t first = 0, last = window_.kernel;
    while (first < last && lines[first] == nullptr) ++first;
    while (first < last && lines[last - 1] == nullptr) --last;
    lines_.RunWindow(lines + first, first, last - first, 0, channels_,
                     residual_ == nullptr ? nullptr : residual_ + line * size_, y);
  }

 private:
  DwconvF32Lines lines_;
  int64_t channels_ = 0, size_ = 0;
  const float* residual_ = nullptr;
};

class MaxPoolLines : public LineStage {
 public:
  Status Make(const StepSpec& spec) {
    const TensorView &x = *spec.in(0), &y = spec.out();
    if (x.rank != 4 || y.rank != 4 || x.dims[0] != y.dims[0] || x.dims[3] != y.dims[3])
      return spec.Fail("expected x and y to be NHWC with the same N and C");
    std::vector<int64_t> kernel, strides, pads, dilations;
    KPT_RETURN_IF_ERROR(ReadInts(spec, "kernel", 2, 1, &kernel));
    KPT_RETURN_IF_ERROR(ReadInts(spec, "strides", 2, 1, &strides));
    KPT_RETURN_IF_ERROR(ReadInts(spec, "pads", 4, 0, &pads));
    KPT_RETURN_IF_ERROR(ReadInts(spec, "dilations", 2, 1, &dilations));
    if (kernel[0] > kMaxTable / kernel[1]) return TooLarge(spec, "the window is too large");
    window_ = {kernel[0], strides[0], dilations[0], pads[0]};
    in_width_ = x.dims[2], width_ = y.dims[2], channels_ = x.dims[3];
    kernel_ = kernel[1], stride_ = strides[1], dilation_ = dilations[1], left_ = pads[1];
    scratch_bytes_ = AlignUp(static_cast<size_t>(kernel[0] * kernel[1]) * sizeof(int64_t));
    return Status::Ok();
  }

  void Run(const float* const* lines, int64_t, float* y, uint8_t* scratch) const override {
    int64_t* taps = reinterpret_cast<int64_t*>(scratch);
    const auto pool = BestPoolKernel().max_f32;
    int64_t listed_first = -1, listed_last = -1, count = 0;
    const float* base = nullptr;
    for (int64_t ox = 0; ox < width_; ++ox) {
      const int64_t x = ox * stride_ - left_;
      int64_t first = 0, last = kernel_;
      while (first < last && x + first * dilation_ < 0) ++first;
      while (first < last && x + (last - 1) * dilation_ >= in_width_) --last;
      // Pixels with the same taps inside follow one another.
      if (first != listed_first || last != listed_last) {
        base = nullptr;
        count = 0;
        for (int64_t ky = 0; ky < window_.kernel; ++ky) {
          if (lines[ky] == nullptr) continue;
          if (base == nullptr) base = lines[ky];
          for (int64_t kx = first; kx < last; ++kx)
            taps[count++] = lines[ky] - base + (kx - first) * dilation_ * channels_;
        }
        listed_first = first, listed_last = last;
      }
      pool(count == 0 ? y : base + (x + first * dilation_) * channels_, taps, count, y + ox * channels_,
           channels_);
    }
  }

 private:
  int64_t in_width_ = 0, width_ = 0, channels_ = 0;
  int64_t kernel_ = 1, stride_ = 1, dilation_ = 1, left_ = 0;
};

/// From channels first: a line of x is that of its first channel.
class ChannelsLastLines : public LineStage {
 public:
  Status Make(const StepSpec& spec) {
    const TensorView &x = *spec.in(0), &y = spec.out();
    if (x.rank != 4 || y.rank != 4 || x.dims[0] != y.dims[0] || x.dims[1] != y.dims[3] ||
        x.dims[2] != y.dims[1] || x.dims[3] != y.dims[2])
      return spec.Fail("expected y to be x with its channels last");
    channels_ = x.dims[1], width_ = x.dims[3], plane_ = x.dims[2] * x.dims[3];
    return Status::Ok();
  }

  void Run(const float* const* lines, int64_t, float* y, uint8_t*) const override {
    BestTransposeKernel().b4(reinterpret_cast<const uint32_t*>(lines[0]), plane_,
                             reinterpret_cast<uint32_t*>(y), channels_, channels_, width_);
  }

 private:
  int64_t channels_ = 0, width_ = 0, plane_ = 0;
};

template <typename Stage, typename... Arguments>
Status MakeStage(std::unique_ptr<LineStage>* out, const Arguments&... arguments) {
  auto stage = std::make_unique<Stage>();
  KPT_RETURN_IF_ERROR(stage->Make(arguments...));
  *out = std::move(stage);
  return Status::Ok();
}

Status MakeConvStage(const StepSpec& spec, std::unique_ptr<LineStage>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 4, 1));
  Convolution conv;
  KPT_RETURN_IF_ERROR(ReadConvolution(spec, &conv));
  UnaryOp activation;
  KPT_RETURN_IF_ERROR(ReadActivation(spec, &activation));
  if (spec.in(1)->dtype != DType::kF32 || !spec.in(1)->is_constant())
    return spec.Fail("w must be a constant of f32");
  KPT_RETURN_IF_ERROR(CheckOptional(spec, 2, DType::kF32, conv.o));
  KPT_RETURN_IF_ERROR(CheckOptional(spec, 3, DType::kF32, spec.out().size()));
  if (conv.group == conv.c && conv.group == conv.o)
    return MakeStage<DepthwiseLines>(out, spec, conv, activation);
  if (conv.group != 1) return spec.Fail("the convolution has groups");
  return MakeStage<ConvLines>(out, spec, conv, activation);
}

}  // namespace

Status MakeLineStage(const StepSpec& spec, std::unique_ptr<LineStage>* out) {
  if (spec.kind == "conv_f32") return MakeConvStage(spec, out);
  KPT_RETURN_IF_ERROR(spec.CheckArity(1, 1, 1));
  if (spec.kind == "max_pool") return MakeStage<MaxPoolLines>(out, spec);
  if (spec.kind == "copy") return MakeStage<ChannelsLastLines>(out, spec);
  return spec.Fail("no stage of a chain");
}

}  // namespace kompakt
