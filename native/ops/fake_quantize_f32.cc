// Steps fake_quantize_f32 and fake_quantize_gradient_f32 over [outer, channels, inner], one scale a channel.
// Work is cut into pieces by the dims alone, and sums over pieces are added in their order, so that threads
// do not show. SPDX-License-Identifier: Apache-2.0
#include "native/kernels/fake_quantize_f32/fake_quantize_f32.h"

#include <algorithm>

#include "native/ops/checks.h"

namespace kompakt {
namespace {

/// Elements of a piece, about.
constexpr int64_t kPiece = 4096;

/// Pieces of rows of one scale; or, where the scales lie side by side, of whole rows of them.
struct Pieces {
  ReduceDims dims;
  FakeQuantizeParams params;
  const float* scales = nullptr;
  /// Scales differ from element to element.
  bool columns = false;
  /// Elements of a row that share a scale, or rows, in a piece.
  int64_t length = 0, per_row = 0, count = 0;

  Status Read(const StepSpec& spec, const TensorView& x, const TensorView& scale) {
    KPT_RETURN_IF_ERROR(ReadReduceDims(spec, x, &dims));
    if (x.size() == 0) dims.outer = 0;
    int32_t low = 0, high = 0;
    KPT_RETURN_IF_ERROR(spec.params.Int32("low", &low));
    KPT_RETURN_IF_ERROR(spec.params.Int32("high", &high));
    params.low = static_cast<float>(low);
    params.high = static_cast<float>(high);
    KPT_RETURN_IF_ERROR(CheckDType(spec, x, DType::kF32));
    KPT_RETURN_IF_ERROR(CheckDType(spec, scale, DType::kF32));
    KPT_RETURN_IF_ERROR(CheckSize(spec, scale, dims.reduced));
    scales = scale.as<float>();
    columns = dims.inner == 1 && dims.reduced > 1;
    length = columns ? std::max<int64_t>(kPiece / dims.reduced, 16) : kPiece;
    per_row = (dims.inner + length - 1) / length;
    count = columns ? (dims.outer + length - 1) / length : dims.outer * dims.reduced * per_row;
    return Status::Ok();
  }

  /// Calls body(piece) for all, in parallel.
  template <typename Body>
  void ForEach(const RunContext& context, const Body& body) const {
    const int64_t size = columns ? length * dims.reduced : std::min(length, dims.inner);
    context.pool->ParallelFor(count, GrainOf(size), [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) body(i);
    });
  }

  /// Elements [begin, begin + size) of piece i of the rows, and their scale.
  struct Part {
    int64_t begin, size, channel;
  };
  Part PartOf(int64_t i) const {
    const int64_t row = i / per_row, at = i % per_row * length;
    return {row * dims.inner + at, std::min(length, dims.inner - at), row % dims.reduced};
  }
  int64_t RowsOf(int64_t i) const { return std::min(length, dims.outer - i * length); }
};

class FakeQuantizeF32 : public Step {
 public:
  FakeQuantizeF32(const Pieces& pieces, const StepSpec& spec)
      : pieces_(pieces), x_(spec.in(0)->as<float>()), y_(spec.out().as<float>()) {}

  void Run(const RunContext& context) override {
    const FakeQuantizeKernel& kernel = BestFakeQuantizeKernel();
    const int64_t channels = pieces_.dims.reduced;
    pieces_.ForEach(context, [&](int64_t i) {
      if (!pieces_.columns) {
        const Pieces::Part part = pieces_.PartOf(i);
        kernel.row(pieces_.params, pieces_.scales[part.channel], x_ + part.begin, y_ + part.begin, part.size);
        return;
      }
      for (int64_t r = 0; r < pieces_.RowsOf(i); ++r) {
        const int64_t at = (i * pieces_.length + r) * channels;
        kernel.each(pieces_.params, pieces_.scales, x_ + at, y_ + at, channels);
      }
    });
  }

 private:
  Pieces pieces_;
  const float* x_;
  float* y_;
};

class FakeQuantizeGradientF32 : public Step {
 public:
  FakeQuantizeGradientF32(const Pieces& pieces, float factor, const StepSpec& spec)
      : pieces_(pieces),
        factor_(factor),
        dy_(spec.in(0)->as<float>()),
        x_(spec.in(1)->as<float>()),
        dx_(spec.out().as<float>()),
        dscale_(spec.outputs.size() > 1 ? spec.out(1).as<float>() : nullptr) {
    spec.scratch_bytes =
        static_cast<size_t>(pieces_.count * (pieces_.columns ? pieces_.dims.reduced : 1)) * sizeof(float);
  }

  void Run(const RunContext& context) override {
    const FakeQuantizeKernel& kernel = BestFakeQuantizeKernel();
    const int64_t channels = pieces_.dims.reduced;
    float* sums = reinterpret_cast<float*>(context.scratch);
    pieces_.ForEach(context, [&](int64_t i) {
      if (!pieces_.columns) {
        const Pieces::Part part = pieces_.PartOf(i);
        sums[i] = kernel.gradient_row(pieces_.params, pieces_.scales[part.channel], dy_ + part.begin,
                                      x_ + part.begin, dx_ + part.begin, part.size);
        return;
      }
      const int64_t at = i * pieces_.length * channels;
      kernel.gradient_columns(pieces_.params, pieces_.scales, dy_ + at, x_ + at, dx_ + at, pieces_.RowsOf(i),
                              channels, sums + i * channels);
    });
    if (dscale_ == nullptr) return;
    for (int64_t c = 0; c < channels; ++c) dscale_[c] = factor_ * static_cast<float>(SumOf(sums, c));
  }

 private:
  double SumOf(const float* sums, int64_t channel) const {
    const int64_t channels = pieces_.dims.reduced;
    double sum = 0.0;
    if (pieces_.columns) {
      for (int64_t i = 0; i < pieces_.count; ++i) sum += static_cast<double>(sums[i * channels + channel]);
      return sum;
    }
    for (int64_t o = 0; o < pieces_.dims.outer; ++o) {
      const float* row = sums + (o * channels + channel) * pieces_.per_row;
      for (int64_t i = 0; i < pieces_.per_row; ++i) sum += static_cast<double>(row[i]);
    }
    return sum;
  }

  Pieces pieces_;
  float factor_;
  const float* dy_;
  const float* x_;
  float* dx_;
  /// Null where nobody wants it.
  float* dscale_;
};

}  // namespace

Status MakeFakeQuantizeF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 2, 1));
  Pieces pieces;
  KPT_RETURN_IF_ERROR(pieces.Read(spec, *spec.in(0), *spec.in(1)));
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(), DType::kF32));
  KPT_RETURN_IF_ERROR(CheckSameSize(spec, *spec.in(0), spec.out()));
  *out = std::make_unique<FakeQuantizeF32>(pieces, spec);
  return Status::Ok();
}

Status MakeFakeQuantizeGradientF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  const bool scaled = spec.outputs.size() > 1;
  KPT_RETURN_IF_ERROR(spec.CheckArity(3, 3, scaled ? 2 : 1));
  Pieces pieces;
  KPT_RETURN_IF_ERROR(pieces.Read(spec, *spec.in(1), *spec.in(2)));
  int32_t inner = 0;
  float factor = 0;
  KPT_RETURN_IF_ERROR(spec.params.Int32("inner", &inner));
  KPT_RETURN_IF_ERROR(spec.params.Float("factor", &factor));
  pieces.params.inner = static_cast<float>(inner);
  for (const TensorView* tensor : {spec.in(0), &spec.out()}) {
    KPT_RETURN_IF_ERROR(CheckDType(spec, *tensor, DType::kF32));
    KPT_RETURN_IF_ERROR(CheckSameSize(spec, *tensor, *spec.in(1)));
  }
  if (scaled) {
    KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(1), DType::kF32));
    KPT_RETURN_IF_ERROR(CheckSize(spec, spec.out(1), pieces.dims.reduced));
  }
  *out = std::make_unique<FakeQuantizeGradientF32>(pieces, factor, spec);
  return Status::Ok();
}

}  // namespace kompakt
