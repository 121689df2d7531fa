// Step scale_shift_f32: y = activation(x * scale + shift), a scale and a shift for each channel; in place
// when y shares the memory of x. Where channels are innermost, short rows are joined: scale and shift are
// packed repeated, so that the vectors stay full. SPDX-License-Identifier: Apache-2.0
#include "native/kernels/scale_shift_f32/scale_shift_f32.h"

#include <cstring>

#include "native/ops/checks.h"

namespace kompakt {
namespace {

constexpr int64_t kJoinedRow = 256;

class ScaleShiftF32Step : public Step {
 public:
  ScaleShiftF32Step(UnaryOp activation, const float* scale, const float* shift, int64_t row,
                    const StepSpec& spec)
      : activation_(activation),
        scale_(scale),
        shift_(shift),
        row_(row),
        x_(spec.in(0)->as<float>()),
        y_(spec.out().as<float>()),
        count_(spec.out().size()) {}

  void Run(const RunContext& context) override {
    if (row_ == 0) return;
    const int64_t rows = (count_ + row_ - 1) / row_;
    context.pool->ParallelFor(rows, GrainOf(row_), [this](int64_t begin, int64_t end, int) {
      for (int64_t i = begin * row_; i < end * row_ && i < count_; i += row_) {
        const int64_t length = count_ - i < row_ ? count_ - i : row_;
        BestScaleShiftKernel().run(x_ + i, scale_, shift_, y_ + i, length);
        if (activation_.kind != UnaryKind::kNone) UnaryF32(activation_, y_ + i, y_ + i, length);
      }
    });
  }

 private:
  UnaryOp activation_;
  const float* scale_;
  const float* shift_;
  int64_t row_;
  const float* x_;
  float* y_;
  int64_t count_;
};

/// Channels that are planes of `inner` elements.
class ScaleShiftPlanesStep : public Step {
 public:
  ScaleShiftPlanesStep(UnaryOp activation, const float* scale, const float* shift, int64_t channels,
                       int64_t inner, const StepSpec& spec)
      : activation_(activation),
        scale_(scale),
        shift_(shift),
        channels_(channels),
        inner_(inner),
        x_(spec.in(0)->as<float>()),
        y_(spec.out().as<float>()),
        planes_(inner == 0 ? 0 : spec.out().size() / inner) {}

  void Run(const RunContext& context) override {
    context.pool->ParallelFor(planes_, GrainOf(inner_), [this](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t channel = i % channels_;
        float* y = y_ + i * inner_;
        BestScaleShiftKernel().plane(x_ + i * inner_, scale_[channel], shift_[channel], y, inner_);
        if (activation_.kind != UnaryKind::kNone) UnaryF32(activation_, y, y, inner_);
      }
    });
  }

 private:
  UnaryOp activation_;
  const float* scale_;
  const float* shift_;
  int64_t channels_, inner_;
  const float* x_;
  float* y_;
  int64_t planes_;
};

const float* PackRepeated(const StepSpec& spec, const TensorView& vector, int64_t times) {
  const size_t bytes = vector.bytes();
  const std::string tag = "scale_shift_f32/" + std::to_string(times);
  const uint8_t* packed =
      spec.packs->Get(vector.constant, tag, bytes * static_cast<size_t>(times), [&](uint8_t* block) {
        for (int64_t i = 0; i < times; ++i)
          std::memcpy(block + bytes * static_cast<size_t>(i), vector.data, bytes);
      });
  return reinterpret_cast<const float*>(packed);
}

}  // namespace

Status MakeScaleShiftF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(3, 3, 1));
  const TensorView& x = *spec.in(0);
  for (const TensorView* tensor : {&x, spec.in(1), spec.in(2), &spec.out()})
    KPT_RETURN_IF_ERROR(CheckDType(spec, *tensor, DType::kF32));
  KPT_RETURN_IF_ERROR(CheckSameSize(spec, x, spec.out()));
  int64_t inner = 0;
  KPT_RETURN_IF_ERROR(spec.params.Int("inner", &inner));
  const int64_t channels = spec.in(1)->size();
  KPT_RETURN_IF_ERROR(CheckSize(spec, *spec.in(2), channels));
  if (inner < 0 || inner > INT32_MAX) return spec.Fail("inner is out of range");
  if (x.size() != 0 && (channels == 0 || inner == 0 || x.size() % (channels * inner) != 0))
    return spec.Fail("x does not consist of channels of `inner` elements");
  if (!spec.in(1)->is_constant() || !spec.in(2)->is_constant())
    return spec.Fail("scale and shift need to be constant");
  UnaryOp activation;
  KPT_RETURN_IF_ERROR(ReadUnaryOp(spec, "activation", &activation));
  const int64_t times = inner != 1 || channels == 0 || channels >= kJoinedRow ? 1 : kJoinedRow / channels;
  const float* scale = PackRepeated(spec, *spec.in(1), times);
  const float* shift = PackRepeated(spec, *spec.in(2), times);
  if (scale == nullptr || shift == nullptr)
    return Status::Error("KPT_TOO_LARGE", "no memory for the constants of step scale_shift_f32");
  if (inner == 1)
    *out = std::make_unique<ScaleShiftF32Step>(activation, scale, shift, channels * times, spec);
  else
    *out = std::make_unique<ScaleShiftPlanesStep>(activation, scale, shift, channels, inner, spec);
  return Status::Ok();
}

}  // namespace kompakt
