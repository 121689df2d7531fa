// conv_transpose_f32, in gather form: the outputs that share (oy % stride, ox % stride) take the same taps,
// so each such phase is an indirect product of its own and every output is written once.
//
// Each output is one chain of fused multiply-adds in the order kH, kW, I over the taps of its phase (padding
// multiplies zero), starting from 0; then + bias, activation. Where the kernel is as wide as the stride and
// nothing is cut off, the column phases of one row lie side by side in y and have one tap each: they are
// columns of one product. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "native/ops/activation_f32.h"
#include "native/ops/checks.h"
#include "native/ops/convolution.h"
#include "native/ops/gemm_f32_loop.h"

namespace kompakt {
namespace {

/// The outputs of one axis at first, first + step, ...; the input position of output i at tap t of the phase
/// is i + shift[t] (padding when outside the input).
struct AxisPhase {
  int64_t first = 0, count = 0;
  std::vector<int64_t> taps, shift;
};

/// The phases of one axis: output = input * stride + tap * dilation - pad.
std::vector<AxisPhase> CutAxis(int64_t outputs, int64_t kernel, int64_t stride, int64_t dilation,
                               int64_t pad) {
  std::vector<AxisPhase> phases;
  for (int64_t first = 0; first < std::min(stride, outputs); ++first) {
    AxisPhase phase;
    phase.first = first;
    phase.count = (outputs - first + stride - 1) / stride;
    for (int64_t t = 0; t < kernel; ++t) {
      const int64_t at = first + pad - t * dilation;
      if (at % stride != 0) continue;
      phase.taps.push_back(t);
      phase.shift.push_back(at / stride);
    }
    phases.push_back(std::move(phase));
  }
  return phases;
}

class ConvTransposeF32 : public Step {
 public:
  ConvTransposeF32(const Convolution& conv, UnaryOp activation) : conv_(conv), activation_(activation) {}

  Status Prepare(const StepSpec& spec) {
    const TensorView &x = *spec.in(0), &w = *spec.in(1), *bias = spec.in(2);
    x_ = x.as<float>();
    y_ = spec.out().as<float>();
    merged_ = w.is_constant() && conv_.kw == conv_.stride_w && conv_.group == 1 && conv_.dilation_w == 1 &&
              conv_.pad_left == 0 && conv_.ow == conv_.w * conv_.stride_w;
    const int64_t side = merged_ ? conv_.kw : 1, columns = conv_.o / conv_.group * side;
    constexpr int64_t kMostPhases = 1 << 16;
    if (std::min(conv_.stride_h, conv_.oh) >
        kMostPhases / std::max<int64_t>(1, std::min(conv_.stride_w, conv_.ow)))
      return TooLarge(spec, "the strides are too large");
    rows_ = CutAxis(conv_.oh, conv_.kh, conv_.stride_h, conv_.dilation_h, conv_.pad_top);
    if (merged_)
      columns_ = {AxisPhase{0, conv_.w, {0}, {0}}};
    else
      columns_ = CutAxis(conv_.ow, conv_.kw, conv_.stride_w, conv_.dilation_w, conv_.pad_left);

    gemm_.kernel = GemmF32Kernels().Best();
    gemm_.panels = CutGemmF32(gemm_.kernel, columns);
    gemm_.columns = columns;
    gemm_.depth = conv_.depth;
    gemm_.c_stride = conv_.o * conv_.stride_w;
    gemm_.factor = 1.0f;
    gemm_.activation = InlinePart(activation_);
    zeros_ = AlignedBuffer(static_cast<size_t>(conv_.c) * sizeof(float));
    bias_ = AlignedBuffer(static_cast<size_t>(conv_.group * columns) * sizeof(float));
    if (zeros_.data() == nullptr || bias_.data() == nullptr) return OutOfMemory();
    if (bias != nullptr) {
      for (int64_t i = 0; i < side; ++i)
        std::copy_n(bias->as<float>(), conv_.o, bias_.as<float>() + i * conv_.o);
      gemm_.bias = bias_.as<float>();
    }
    bias_source_ = bias == nullptr || bias->is_constant() ? nullptr : bias->as<float>();
    w_ = w.as<float>();
    size_t most_taps = 1;
    for (size_t i = 0; i < rows_.size(); ++i)
      for (size_t j = 0; j < columns_.size(); ++j) {
        if (!w.is_constant()) {
          PlacePhase(rows_[i], columns_[j]);
        } else {
          const float* packed = PackPhase(spec, w, rows_[i], columns_[j], side);
          if (packed == nullptr) return OutOfMemory();
          packed_.push_back(packed);
        }
        most_taps = std::max(most_taps, rows_[i].taps.size() * columns_[j].taps.size());
      }
    packed_bytes_ = AlignUp(packed_bytes_ + (w.is_constant() ? 0 : kReadPadding));
    const int64_t widest = columns_.empty() ? 0 : columns_[0].count;
    thread_bytes_ = most_taps * static_cast<size_t>(widest) * sizeof(float*);
    thread_bytes_ = AlignUp(thread_bytes_);
    spec.scratch_bytes = packed_bytes_ + thread_bytes_ * static_cast<size_t>(spec.threads);
    return Status::Ok();
  }

  void Run(const RunContext& context) override {
    if (bias_source_ != nullptr) std::copy_n(bias_source_, conv_.o, bias_.as<float>());
    const float* base = reinterpret_cast<const float*>(context.scratch);
    if (!places_.empty()) PackAll(context);
    const int64_t lines = conv_.n * conv_.oh;
    context.pool->ParallelFor(lines, 1, context.backwards, [&](int64_t begin, int64_t end, int thread) {
      const float** pointers = reinterpret_cast<const float**>(context.scratch + packed_bytes_ +
                                                               static_cast<size_t>(thread) * thread_bytes_);
      for (int64_t i = begin; i < end; ++i) {
        const int64_t line = context.Turn(i, lines);
        for (size_t j = 0; j < columns_.size(); ++j)
          RunPhase(line / conv_.oh, line % conv_.oh, j, base, pointers);
      }
    });
  }

 private:
  static Status OutOfMemory() {
    return Status::Error("KPT_TOO_LARGE", "out of memory: the weights of conv_transpose_f32");
  }

  /// The taps of one phase as columns: k = (tap, I), n = (column phase when merged, O).
  const float* PackPhase(const StepSpec& spec, const TensorView& w, const AxisPhase& row,
                         const AxisPhase& column, int64_t side) {
    const int64_t taps = static_cast<int64_t>(row.taps.size() * column.taps.size());
    const int64_t k = taps * conv_.depth, outputs = conv_.o / conv_.group;
    const int64_t group_size = k * gemm_.panels.padded_columns();
    std::string tag = "conv_transpose_f32/" + std::to_string(gemm_.panels.lanes) + "x" +
                      std::to_string(gemm_.panels.vectors) + "/" + std::to_string(conv_.group) + "/" +
                      std::to_string(side);
    for (int64_t ky : row.taps) tag += "," + std::to_string(ky);
    tag += "/";
    for (int64_t kx : column.taps) tag += "," + std::to_string(kx);
    const size_t bytes =
        std::max<size_t>(static_cast<size_t>(conv_.group * group_size) * sizeof(float), kAlignment);
    return reinterpret_cast<const float*>(spec.packs->Get(w.constant, tag, bytes, [&](uint8_t* out) {
      std::vector<float> b(static_cast<size_t>(k * gemm_.columns));
      for (int64_t g = 0; g < conv_.group; ++g) {
        float* to = b.data();
        for (int64_t ky : row.taps)
          for (int64_t kx : column.taps)
            for (int64_t i = 0; i < conv_.depth; ++i)
              for (int64_t s = 0; s < side; ++s)
                for (int64_t o = 0; o < outputs; ++o)
                  *to++ = w.as<
                      float>()[((((g * outputs + o) * conv_.kh + ky) * conv_.kw) + kx + s) * conv_.depth + i];
        PackGemmF32(gemm_.panels, k, gemm_.columns, b.data(), gemm_.columns, 1, 0, gemm_.panels.count(),
                    reinterpret_cast<float*>(out) + g * group_size);
      }
    }));
  }

  /// A phase of weights [I, kH, kW, O/group] that change from run to run: where it is packed, in floats, and
  /// where its taps begin in the weights.
  struct PhasePlace {
    int64_t at = 0;
    std::vector<int64_t> offsets;
  };

  void PlacePhase(const AxisPhase& row, const AxisPhase& column) {
    PhasePlace place;
    place.at = static_cast<int64_t>(packed_bytes_ / sizeof(float));
    for (int64_t ky : row.taps)
      for (int64_t kx : column.taps) place.offsets.push_back((ky * conv_.kw + kx) * gemm_.columns);
    const int64_t k = static_cast<int64_t>(place.offsets.size()) * conv_.depth;
    packed_bytes_ +=
        AlignUp(static_cast<size_t>(conv_.group * k * gemm_.panels.padded_columns()) * sizeof(float));
    places_.push_back(std::move(place));
  }

  void PackAll(const RunContext& context) const {
    float* packed = reinterpret_cast<float*>(context.scratch);
    const int64_t panels = gemm_.panels.count(), tap = conv_.kh * conv_.kw * gemm_.columns;
    const int64_t tasks = static_cast<int64_t>(places_.size()) * conv_.group * panels;
    context.pool->ParallelFor(
        tasks, GrainOf(conv_.depth * tap / panels), [&](int64_t begin, int64_t end, int) {
          for (int64_t i = begin; i < end; ++i) {
            const int64_t panel = i % panels, g = i / panels % conv_.group;
            const PhasePlace& place = places_[static_cast<size_t>(i / panels / conv_.group)];
            const int64_t taps = static_cast<int64_t>(place.offsets.size());
            const int64_t size = taps * conv_.depth * gemm_.panels.padded_columns();
            PackGemmF32Taps(gemm_.panels, place.offsets.data(), taps, conv_.depth, gemm_.columns,
                            w_ + g * conv_.depth * tap, tap, 1, panel, panel + 1,
                            packed + place.at + g * size);
          }
        });
  }

  /// Computes the outputs of column phase j in one row of y.
  void RunPhase(int64_t n, int64_t oy, size_t j, const float* base, const float** pointers) const {
    const size_t phase = static_cast<size_t>(oy % conv_.stride_h);
    const AxisPhase &row = rows_[phase], &column = columns_[j];
    const int64_t count = column.count, iy = oy / conv_.stride_h;
    const float* image = x_ + n * conv_.h * conv_.w * conv_.c;
    const float** to = pointers;
    for (int64_t down : row.shift)
      for (int64_t right : column.shift) {
        const int64_t y = iy + down;
        for (int64_t i = 0; i < count; ++i) {
          const int64_t x = i + right;
          const bool inside = y >= 0 && y < conv_.h && x >= 0 && x < conv_.w;
          *to++ = inside ? image + (y * conv_.w + x) * conv_.c : zeros_.as<float>();
        }
      }
    GemmF32 gemm = gemm_;
    gemm.taps = static_cast<int64_t>(row.taps.size() * column.taps.size());
    const int64_t group_size = gemm.taps * gemm.depth * gemm.panels.padded_columns();
    for (int64_t g = 0; g < conv_.group; ++g) {
      const size_t at = phase * columns_.size() + j;
      gemm.b = (places_.empty() ? packed_[at] : base + places_[at].at) + g * group_size;
      gemm.bias = gemm_.bias == nullptr ? nullptr : gemm_.bias + g * gemm.columns;
      gemm.c = y_ + ((n * conv_.oh + oy) * conv_.ow + column.first) * conv_.o + g * gemm.columns;
      RunPiece(gemm, activation_, GemmF32Piece{0, count, 0, gemm.panels.count()}, pointers, count);
      if (g + 1 < conv_.group)
        for (const float** p = pointers; p != to; ++p) *p += conv_.depth;
    }
  }

  const Convolution conv_;
  const UnaryOp activation_;
  GemmF32 gemm_{};
  bool merged_ = false;
  std::vector<AxisPhase> rows_, columns_;
  /// Packed weights of row phase i and column phase j at [i * columns_.size() + j].
  std::vector<const float*> packed_;
  /// The same for weights that change from run to run.
  std::vector<PhasePlace> places_;
  const float* w_ = nullptr;
  const float* bias_source_ = nullptr;
  size_t packed_bytes_ = 0;
  AlignedBuffer zeros_, bias_;
  const float* x_ = nullptr;
  float* y_ = nullptr;
  size_t thread_bytes_ = 0;
};

}  // namespace

Status MakeConvTransposeF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 3, 1));
  // Weights that change from run to run lie as [I, kH, kW, O/group]: seen as those of a convolution from y to
  // x.
  const bool constant = spec.in(1)->is_constant();
  TensorView w = *spec.in(1);
  int64_t group = 1;
  KPT_RETURN_IF_ERROR(spec.params.Int("group", &group));
  if (!constant && w.rank == 4 && group > 0) {
    w.dims[3] = spec.in(1)->dims[0] / group;
    w.dims[0] = spec.in(1)->dims[3] * group;
  }
  Convolution conv;
  KPT_RETURN_IF_ERROR(ReadConvolution(spec, *spec.in(0), w, spec.out(), &conv));
  UnaryOp activation;
  KPT_RETURN_IF_ERROR(ReadActivation(spec, &activation));
  if (spec.in(0)->dtype != DType::kF32 || spec.in(1)->dtype != DType::kF32 || spec.out().dtype != DType::kF32)
    return spec.Fail("x, w and y must be f32");
  KPT_RETURN_IF_ERROR(CheckOptional(spec, 2, DType::kF32, conv.o));
  auto step = std::make_unique<ConvTransposeF32>(conv, activation);
  KPT_RETURN_IF_ERROR(step->Prepare(spec));
  *out = std::move(step);
  return Status::Ok();
}

}  // namespace kompakt
