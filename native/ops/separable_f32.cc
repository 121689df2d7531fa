// separable_f32: a depthwise convolution and the pointwise one behind it. A thread makes some lines of the
// depthwise output in its scratch, where they stay in the first cache levels, and multiplies them from there:
// the tensor between the two is never written to memory. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "native/ops/activation_f32.h"
#include "native/ops/dwconv_f32.h"
#include "native/ops/gemm_f32_loop.h"

namespace kompakt {
namespace {

class SeparableF32 : public Step {
 public:
  explicit SeparableF32(const Convolution& conv) : conv_(conv) {}

  Status Prepare(const StepSpec& spec, UnaryOp inner, UnaryOp activation) {
    KPT_RETURN_IF_ERROR(lines_.Make(spec, conv_, inner));
    const TensorView &w = *spec.in(3), *bias = spec.in(4), *residual = spec.in(5);
    activation_ = activation;
    const int64_t depth = conv_.c, columns = w.dims[0];
    gemm_.kernel = GemmF32Kernels().Best();
    gemm_.panels = CutGemmF32(gemm_.kernel, columns);
    gemm_.columns = columns;
    gemm_.taps = 1;
    gemm_.depth = depth;
    gemm_.bias = bias == nullptr ? nullptr : bias->as<float>();
    gemm_.residual = residual == nullptr ? nullptr : residual->as<float>();
    gemm_.residual_stride = gemm_.c_stride = columns;
    gemm_.c = spec.out().as<float>();
    gemm_.factor = 1.0f;
    gemm_.activation = InlinePart(activation_);
    // As conv_f32 packs it.
    const std::string tag = "gemm_f32/" + std::to_string(gemm_.panels.lanes) + "x" +
                            std::to_string(gemm_.panels.vectors) + "/1/" + std::to_string(depth);
    const size_t bytes = static_cast<size_t>(depth * gemm_.panels.padded_columns()) * sizeof(float);
    gemm_.b = reinterpret_cast<const float*>(spec.packs->Get(w.constant, tag, bytes, [&](uint8_t* out) {
      PackGemmF32(gemm_.panels, depth, columns, w.as<float>(), 1, depth, 0, gemm_.panels.count(),
                  reinterpret_cast<float*>(out));
    }));
    if (gemm_.b == nullptr) return Status::Error("KPT_TOO_LARGE", "out of memory: separable_f32");

    // Bands as tall as the cache allows: every band reads all weights.
    constexpr int64_t kBandBytes = 48 << 10;
    const int64_t line_floats = conv_.ow * depth;
    const int64_t fit = kBandBytes / std::max<int64_t>(line_floats * static_cast<int64_t>(sizeof(float)), 1);
    band_ = std::clamp<int64_t>(fit, 1, std::max<int64_t>(conv_.n * conv_.oh, 1));
    pointers_at_ = AlignUp(lines_.scratch_bytes());
    floats_at_ = pointers_at_ + AlignUp(static_cast<size_t>(band_ * conv_.ow) * sizeof(float*));
    thread_bytes_ =
        floats_at_ + AlignUp(static_cast<size_t>(band_ * line_floats) * sizeof(float) + kReadPadding);
    spec.scratch_bytes = thread_bytes_ * static_cast<size_t>(spec.threads);
    return Status::Ok();
  }

  void Run(const RunContext& context) override {
    const int64_t lines = conv_.n * conv_.oh;
    context.pool->ParallelFor(lines, 1, [&](int64_t begin, int64_t end, int thread) {
      uint8_t* scratch = context.scratch + static_cast<size_t>(thread) * thread_bytes_;
      for (int64_t i = begin; i < end; i += band_) {
        const int64_t height = std::min(band_, end - i);
        RunBand(context.backwards ? lines - i - height : i, height, scratch);
      }
    });
  }

 private:
  void RunBand(int64_t first_line, int64_t lines, uint8_t* scratch) const {
    const float** rows = reinterpret_cast<const float**>(scratch + pointers_at_);
    float* middle = reinterpret_cast<float*>(scratch + floats_at_);
    for (int64_t i = 0; i < lines; ++i)
      lines_.Run(first_line + i, 0, conv_.c, scratch, nullptr, middle + i * conv_.ow * conv_.c);
    const int64_t pixels = lines * conv_.ow;
    for (int64_t i = 0; i < pixels; ++i) rows[i] = middle + i * conv_.c;
    RunPiece(gemm_, activation_, {first_line * conv_.ow, pixels, 0, gemm_.panels.count()}, rows, pixels);
  }

  const Convolution conv_;
  DwconvF32Lines lines_;
  UnaryOp activation_{};
  GemmF32 gemm_{};
  int64_t band_ = 1;  // lines
  size_t pointers_at_ = 0, floats_at_ = 0, thread_bytes_ = 0;
};

}  // namespace

Status MakeSeparableF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 6, 1));
  const TensorView* w = spec.in(3);
  if (w == nullptr) return spec.Fail("input 3 is absent");
  for (const TensorView* tensor : {spec.in(0), spec.in(1), w, &spec.out()})
    if (tensor->dtype != DType::kF32) return spec.Fail("x, the weights and y must be f32");
  if (!spec.in(1)->is_constant() || !w->is_constant()) return spec.Fail("weights must be constant");
  // The tensor between the two convolutions is y with the channels of x.
  const int64_t columns = w->rank == 4 ? w->dims[0] : -1, depth = w->rank == 4 ? w->dims[3] : -1;
  if (spec.out().rank != 4 || spec.out().dims[3] != columns || w->size() != columns * depth)
    return spec.Fail("the second weight must be [O,1,1,C], and y have O channels");
  TensorView middle = spec.out();
  middle.dims[3] = depth;
  StepSpec inner = spec;
  inner.outputs = {&middle};
  Convolution conv;
  KPT_RETURN_IF_ERROR(ReadConvolution(inner, &conv));
  if (conv.group != conv.c || conv.group != conv.o)
    return spec.Fail("the first convolution is not depthwise");
  KPT_RETURN_IF_ERROR(CheckOptional(spec, 2, DType::kF32, conv.c));
  KPT_RETURN_IF_ERROR(CheckOptional(spec, 4, DType::kF32, columns));
  KPT_RETURN_IF_ERROR(CheckOptional(spec, 5, DType::kF32, spec.out().size()));
  UnaryOp first, activation;
  KPT_RETURN_IF_ERROR(ReadUnaryOp(spec, "inner", &first, "innerAlpha", "innerBeta"));
  KPT_RETURN_IF_ERROR(ReadActivation(spec, &activation));
  auto step = std::make_unique<SeparableF32>(conv);
  KPT_RETURN_IF_ERROR(step->Prepare(spec, first, activation));
  *out = std::move(step);
  return Status::Ok();
}

}  // namespace kompakt
