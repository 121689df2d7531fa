// conv_weight_gradient_f32: dw[o,k,i] = sum over pixels p of dy[p,o] * x[p * stride + k * dilation - pad, i],
// and ?db[o] = sum of dy[p,o].
//
// For one image that is a product: rows are (tap, input channel), columns output channels, and the long sum
// runs over output pixels, whose dy is the packed matrix as it lies. Rows need consecutive pixels side by
// side: the image is turned into planes of channels, one plane for each remainder of the stride, zeros
// beside. Then every output line of a row is one run of memory, found by a pointer.
//
// Images are cut into chunks by the shapes alone; each chunk adds its images in order, and chunks are added
// in order: the same bits on any number of threads. Depthwise convolutions run over channels instead.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "native/kernels/gradient_f32/gradient_f32.h"
#include "native/kernels/reduce_f32/reduce_f32.h"
#include "native/kernels/transpose/transpose.h"
#include "native/ops/chunks.h"
#include "native/ops/convolution.h"
#include "native/ops/gemm_f32_loop.h"

namespace kompakt {
namespace {

size_t FloatBytes(int64_t count) {
  return AlignUp(static_cast<size_t>(count) * sizeof(float) + kReadPadding);
}

int64_t FloorDiv(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

class ConvWeightGradientF32 : public Step {
 public:
  explicit ConvWeightGradientF32(const Convolution& conv) : conv_(conv) {}

  Status Prepare(const StepSpec& spec) {
    x_ = spec.in(0)->as<float>();
    dy_ = spec.in(1)->as<float>();
    dw_ = spec.out(0).as<float>();
    db_ = spec.outputs.size() > 1 ? spec.out(1).as<float>() : nullptr;
    depthwise_ = conv_.depth == 1 && conv_.o == conv_.group;
    filters_ = conv_.o / conv_.group;
    rows_ = conv_.kh * conv_.kw * conv_.depth;
    // Partial sums of a chunk: dw as [group][tap][I / group][O / group], then db.
    partial_floats_ = conv_.group * rows_ * filters_;
    constexpr int64_t kMostChunks = 16, kMostFloats = 1 << 24;
    const int64_t chunks = std::clamp<int64_t>(kMostFloats / std::max<int64_t>(partial_floats_, 1), 1,
                                               std::min(conv_.n, kMostChunks));
    chunks_ = Cut(conv_.n, 1, chunks);
    partial_bytes_ = FloatBytes(partial_floats_ + conv_.o);
    if (!depthwise_) PrepareProduct();
    bias_bytes_ = FloatBytes(conv_.o);
    thread_bytes_ = plane_bytes_ + packed_bytes_ + zero_bytes_ + pointer_bytes_ + bias_bytes_;
    spec.scratch_bytes = partial_bytes_ * chunks_.size() + thread_bytes_ * static_cast<size_t>(spec.threads);
    return Status::Ok();
  }

  void Run(const RunContext& context) override {
    context.pool->ParallelFor(
        static_cast<int64_t>(chunks_.size()), 1, [&](int64_t begin, int64_t end, int t) {
          const Scratch scratch = ScratchOf(context, t);
          if (!depthwise_) Point(scratch);
          for (int64_t i = begin; i < end; ++i) {
            float* partial = PartialOf(context, i);
            const Range& images = chunks_[static_cast<size_t>(i)];
            if (depthwise_ || images.size() == 0) std::memset(partial, 0, partial_bytes_);
            if (db_ != nullptr)
              std::memset(partial + partial_floats_, 0, static_cast<size_t>(conv_.o) * sizeof(float));
            for (int64_t n = images.begin; n < images.end; ++n) {
              if (depthwise_)
                AddDepthwise(n, partial);
              else
                AddProduct(n, n == images.begin, scratch, partial);
              if (db_ != nullptr) AddBias(n, scratch, partial + partial_floats_);
            }
          }
        });
    const int64_t groups = depthwise_ ? 1 : conv_.group, blocks = (rows_ + kRowBlock - 1) / kRowBlock;
    context.pool->ParallelFor(groups * blocks, 1, [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t row = i % blocks * kRowBlock;
        Gather(context, i / blocks, row, std::min(row + kRowBlock, rows_));
      }
    });
    if (db_ == nullptr) return;
    std::memset(db_, 0, static_cast<size_t>(conv_.o) * sizeof(float));
    for (size_t i = 0; i < chunks_.size(); ++i)
      BestGradientKernel().add(PartialOf(context, static_cast<int64_t>(i)) + partial_floats_, db_, conv_.o);
  }

 private:
  /// Rows of dw that are added and written together.
  static constexpr int64_t kRowBlock = 64;

  /// A remainder of the stride that some tap reads, and which entries of its lines are pixels.
  struct Phase {
    int64_t index, begin, end;
  };

  /// The memory of one thread.
  struct Scratch {
    float* planes;
    float* packed;
    float* zeros;
    const float** pointers;
    float* bias;
  };

  void PrepareProduct() {
    first_ = FloorDiv(-conv_.pad_left, conv_.stride_w);
    const int64_t last = FloorDiv((conv_.kw - 1) * conv_.dilation_w - conv_.pad_left, conv_.stride_w);
    plane_width_ = conv_.ow + last - first_;
    for (int64_t index = 0; index < conv_.stride_w; ++index) {
      bool used = false;
      for (int64_t kx = 0; kx < conv_.kw; ++kx) {
        const int64_t at = kx * conv_.dilation_w - conv_.pad_left;
        used = used || at - FloorDiv(at, conv_.stride_w) * conv_.stride_w == index;
      }
      const int64_t begin = std::clamp<int64_t>(-first_, 0, plane_width_);
      const int64_t end = FloorDiv(conv_.w - 1 - index, conv_.stride_w) + 1 - first_;
      if (used) phases_.push_back({index, begin, std::clamp<int64_t>(end, begin, plane_width_)});
    }
    line_used_.assign(static_cast<size_t>(conv_.h), false);
    for (int64_t oy = 0; oy < conv_.oh; ++oy)
      for (int64_t ky = 0; ky < conv_.kh; ++ky) {
        const int64_t iy = oy * conv_.stride_h + ky * conv_.dilation_h - conv_.pad_top;
        if (iy >= 0 && iy < conv_.h) line_used_[static_cast<size_t>(iy)] = true;
      }
    gemm_.kernel = GemmF32Kernels().Best();
    gemm_.panels = CutGemmF32(gemm_.kernel, filters_);
    gemm_.columns = filters_;
    gemm_.taps = conv_.oh;
    gemm_.depth = conv_.ow;
    gemm_.residual_stride = gemm_.c_stride = filters_;
    gemm_.factor = 1.0f;
    // One whole panel of output channels: dy is the packed matrix already.
    packs_ = conv_.group > 1 || gemm_.panels.count() != 1 || gemm_.panels.padded_columns() != filters_;
    plane_bytes_ = FloatBytes(conv_.depth * conv_.stride_w * conv_.h * plane_width_);
    packed_bytes_ = packs_ ? FloatBytes(conv_.oh * conv_.ow * gemm_.panels.padded_columns()) : 0;
    zero_bytes_ = FloatBytes(plane_width_);
    pointer_bytes_ = AlignUp(static_cast<size_t>(conv_.oh * rows_) * sizeof(float*));
  }

  Scratch ScratchOf(const RunContext& context, int thread) const {
    uint8_t* at =
        context.scratch + partial_bytes_ * chunks_.size() + thread_bytes_ * static_cast<size_t>(thread);
    Scratch scratch;
    scratch.planes = reinterpret_cast<float*>(at);
    scratch.packed = reinterpret_cast<float*>(at + plane_bytes_);
    scratch.zeros = reinterpret_cast<float*>(at + plane_bytes_ + packed_bytes_);
    scratch.pointers = reinterpret_cast<const float**>(at + plane_bytes_ + packed_bytes_ + zero_bytes_);
    scratch.bias = reinterpret_cast<float*>(at + plane_bytes_ + packed_bytes_ + zero_bytes_ + pointer_bytes_);
    return scratch;
  }

  float* PartialOf(const RunContext& context, int64_t chunk) const {
    return reinterpret_cast<float*>(context.scratch + partial_bytes_ * static_cast<size_t>(chunk));
  }

  /// pointers[oy][tap, i]: where the pixels of output line oy begin for one row of the first group.
  void Point(const Scratch& scratch) const {
    std::memset(scratch.zeros, 0, static_cast<size_t>(plane_width_) * sizeof(float));
    const float** to = scratch.pointers;
    for (int64_t oy = 0; oy < conv_.oh; ++oy)
      for (int64_t ky = 0; ky < conv_.kh; ++ky) {
        const int64_t iy = oy * conv_.stride_h + ky * conv_.dilation_h - conv_.pad_top;
        for (int64_t kx = 0; kx < conv_.kw; ++kx) {
          const int64_t at = kx * conv_.dilation_w - conv_.pad_left;
          const int64_t right = FloorDiv(at, conv_.stride_w), phase = at - right * conv_.stride_w;
          for (int64_t i = 0; i < conv_.depth; ++i)
            *to++ = iy < 0 || iy >= conv_.h
                        ? scratch.zeros
                        : scratch.planes + ((i * conv_.stride_w + phase) * conv_.h + iy) * plane_width_ +
                              right - first_;
        }
      }
  }

  /// planes[i][phase][iy][j] = x[iy, (j + first) * stride + phase, i] for the channels of a group, as far as
  /// a tap reads it.
  void Turn(int64_t n, int64_t group, float* planes) const {
    const TransposeKernel& kernel = BestTransposeKernel();
    const float* image = x_ + n * conv_.h * conv_.w * conv_.c + group * conv_.depth;
    const int64_t plane = conv_.stride_w * conv_.h * plane_width_;
    for (const Phase& phase : phases_)
      for (int64_t iy = 0; iy < conv_.h; ++iy) {
        if (!line_used_[static_cast<size_t>(iy)]) continue;
        float* to = planes + (phase.index * conv_.h + iy) * plane_width_;
        for (int64_t i = 0; i < conv_.depth; ++i) {
          std::fill(to + i * plane, to + i * plane + phase.begin, 0.0f);
          std::fill(to + i * plane + phase.end, to + (i * plane + plane_width_), 0.0f);
        }
        const int64_t ix = (phase.begin + first_) * conv_.stride_w + phase.index;
        if (phase.begin < phase.end)
          kernel.b4(reinterpret_cast<const uint32_t*>(image + (iy * conv_.w + ix) * conv_.c),
                    conv_.stride_w * conv_.c, reinterpret_cast<uint32_t*>(to + phase.begin), plane,
                    phase.end - phase.begin, conv_.depth);
      }
  }

  void AddProduct(int64_t n, bool first, const Scratch& scratch, float* partial) const {
    const int64_t pixels = conv_.oh * conv_.ow;
    const float* dy = dy_ + n * pixels * conv_.o;
    for (int64_t g = 0; g < conv_.group; ++g) {
      Turn(n, g, scratch.planes);
      GemmF32 gemm = gemm_;
      gemm.b = dy;
      if (packs_) {
        PackGemmF32(gemm.panels, pixels, filters_, dy + g * filters_, conv_.o, 1, 0, gemm.panels.count(),
                    scratch.packed);
        gemm.b = scratch.packed;
      }
      gemm.c = partial + g * rows_ * filters_;
      gemm.residual = first ? nullptr : gemm.c;
      RunGemmF32(gemm, scratch.pointers, rows_, 0, rows_, 0, gemm.panels.count());
    }
  }

  /// partial[tap][c]: every tap a sum over the pixels whose input lies inside.
  void AddDepthwise(int64_t n, float* partial) const {
    const GradientKernel& kernel = BestGradientKernel();
    const float* image = x_ + n * conv_.h * conv_.w * conv_.c;
    const float* dy = dy_ + n * conv_.oh * conv_.ow * conv_.o;
    for (int64_t oy = 0; oy < conv_.oh; ++oy)
      for (int64_t ky = 0; ky < conv_.kh; ++ky) {
        const int64_t iy = oy * conv_.stride_h + ky * conv_.dilation_h - conv_.pad_top;
        if (iy < 0 || iy >= conv_.h) continue;
        for (int64_t kx = 0; kx < conv_.kw; ++kx) {
          const int64_t at = kx * conv_.dilation_w - conv_.pad_left;
          const int64_t begin = std::max<int64_t>(0, -FloorDiv(at, conv_.stride_w));
          const int64_t end = std::min(conv_.ow, FloorDiv(conv_.w - 1 - at, conv_.stride_w) + 1);
          if (begin >= end) continue;
          kernel.multiply_rows(dy + (oy * conv_.ow + begin) * conv_.c,
                               image + (iy * conv_.w + begin * conv_.stride_w + at) * conv_.c,
                               conv_.stride_w * conv_.c, end - begin, conv_.c,
                               partial + (ky * conv_.kw + kx) * conv_.c);
        }
      }
  }

  void AddBias(int64_t n, const Scratch& scratch, float* sums) const {
    const int64_t pixels = conv_.oh * conv_.ow;
    BestReduceKernel().columns(ReduceKind::kSum, dy_ + n * pixels * conv_.o, pixels, conv_.o, scratch.bias,
                               conv_.o);
    BestGradientKernel().add(scratch.bias, sums, conv_.o);
  }

  /// Adds the chunks of rows [begin, end) of group g, or of all depthwise taps, and writes them to dw.
  void Gather(const RunContext& context, int64_t g, int64_t begin, int64_t end) const {
    const GradientKernel& kernel = BestGradientKernel();
    const int64_t row_floats = depthwise_ ? conv_.c : filters_;
    const int64_t at = (g * rows_ + begin) * row_floats;
    float* sums = PartialOf(context, 0) + at;
    for (size_t i = 1; i < chunks_.size(); ++i)
      kernel.add(PartialOf(context, static_cast<int64_t>(i)) + at, sums, (end - begin) * row_floats);
    BestTransposeKernel().b4(reinterpret_cast<const uint32_t*>(sums), row_floats,
                             reinterpret_cast<uint32_t*>(dw_ + g * filters_ * rows_ + begin), rows_,
                             end - begin, row_floats);
  }

  const Convolution conv_;
  const float* x_ = nullptr;
  const float* dy_ = nullptr;
  float* dw_ = nullptr;
  float* db_ = nullptr;
  bool depthwise_ = false, packs_ = false;
  GemmF32 gemm_{};
  /// Output channels of a group; rows of its product.
  int64_t filters_ = 0, rows_ = 0, partial_floats_ = 0;
  /// Of a line of a plane: its floats, and the input column (in steps of the stride) at which it begins.
  int64_t plane_width_ = 0, first_ = 0;
  std::vector<Phase> phases_;
  std::vector<bool> line_used_;
  std::vector<Range> chunks_;
  size_t partial_bytes_ = 0, thread_bytes_ = 0;
  size_t plane_bytes_ = 0, packed_bytes_ = 0, zero_bytes_ = 0, pointer_bytes_ = 0, bias_bytes_ = 0;
};

}  // namespace

Status MakeConvWeightGradientF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 2, spec.outputs.size() == 2 ? 2 : 1));
  Convolution conv;
  KPT_RETURN_IF_ERROR(ReadConvolution(spec, *spec.in(0), spec.out(0), *spec.in(1), &conv));
  for (const TensorView* tensor : {spec.in(0), spec.in(1), &spec.out(0)})
    if (tensor->dtype != DType::kF32) return spec.Fail("x, dy and dw must be f32");
  if (spec.outputs.size() == 2 && (spec.out(1).dtype != DType::kF32 || spec.out(1).size() != conv.o))
    return spec.Fail("db must be f32 with one value per output channel");
  auto step = std::make_unique<ConvWeightGradientF32>(conv);
  KPT_RETURN_IF_ERROR(step->Prepare(spec));
  *out = std::move(step);
  return Status::Ok();
}

}  // namespace kompakt
