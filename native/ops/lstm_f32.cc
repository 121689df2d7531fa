// Step lstm_f32: the recurrent half of one direction of an LSTM. The products with x are all made before;
// per step of time there is one product with the state, in which they are the residual, then the gates.
// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "native/ops/checks.h"
#include "native/ops/gemm_f32_loop.h"

namespace kompakt {
namespace {

class LstmF32 : public Step {
 public:
  Status Prepare(const StepSpec& spec) {
    const TensorView &x = *spec.in(0), &r = *spec.in(1), &y = spec.out(0);
    for (const TensorView* tensor : spec.inputs)
      if (tensor != nullptr) KPT_RETURN_IF_ERROR(CheckDType(spec, *tensor, DType::kF32));
    for (const TensorView* tensor : spec.outputs) KPT_RETURN_IF_ERROR(CheckDType(spec, *tensor, DType::kF32));
    KPT_RETURN_IF_ERROR(spec.params.Int("direction", &direction_));
    int64_t reverse = 0;
    KPT_RETURN_IF_ERROR(spec.params.Int("reverse", &reverse));
    reverse_ = reverse != 0;
    if (!r.is_constant() || r.rank != 2 || r.dims[0] != kGates * r.dims[1])
      return spec.Fail("r must be constant [4 * hidden, hidden]");
    hidden_ = r.dims[1];
    if (y.rank != 4 || y.dims[3] != hidden_) return spec.Fail("y must be [steps, directions, batch, hidden]");
    steps_ = y.dims[0], directions_ = y.dims[1], batch_ = y.dims[2];
    if (direction_ < 0 || direction_ >= directions_) return spec.Fail("there is no such direction");
    KPT_RETURN_IF_ERROR(CheckSize(spec, x, steps_ * batch_ * kGates * hidden_));
    const int64_t state = directions_ * batch_ * hidden_;
    for (const TensorView* tensor : {spec.in(2), spec.in(3), &spec.out(1), &spec.out(2)})
      if (tensor != nullptr) KPT_RETURN_IF_ERROR(CheckSize(spec, *tensor, state));
    x_ = x.as<float>();
    const int64_t part = direction_ * batch_ * hidden_;
    initial_h_ = spec.in(2) == nullptr ? nullptr : spec.in(2)->as<float>() + part;
    initial_c_ = spec.in(3) == nullptr ? nullptr : spec.in(3)->as<float>() + part;
    y_ = y.as<float>() + part;
    h_ = spec.out(1).as<float>() + part;
    c_ = spec.out(2).as<float>() + part;
    return PrepareProduct(spec, r);
  }

  void Run(const RunContext& context) override {
    const int64_t state = batch_ * hidden_;
    float* gates = reinterpret_cast<float*>(context.scratch);
    Begin(h_, initial_h_);
    Begin(c_, initial_c_);
    const float** rows = reinterpret_cast<const float**>(context.scratch + gate_bytes_);
    for (int64_t n = 0; n < batch_; ++n) rows[n] = h_ + n * hidden_;
    for (int64_t i = 0; i < steps_; ++i) {
      const int64_t t = reverse_ ? steps_ - 1 - i : i;
      GemmF32 gemm = gemm_;
      gemm.residual = x_ + t * kGates * state;
      gemm.c = gates;
      // One thread: a step of time is short, and the next one waits for it.
      RunGemmF32(gemm, rows, batch_, 0, batch_, 0, gemm.panels.count());
      for (int64_t n = 0; n < batch_; ++n)
        Cell(gates + n * kGates * hidden_, c_ + n * hidden_, h_ + n * hidden_);
      std::memcpy(y_ + t * directions_ * state, h_, static_cast<size_t>(state) * sizeof(float));
    }
  }

 private:
  static constexpr int64_t kGates = 4;

  Status PrepareProduct(const StepSpec& spec, const TensorView& r) {
    const int64_t columns = kGates * hidden_;
    gemm_.kernel = GemmF32Kernels().Best();
    gemm_.panels = CutGemmF32(gemm_.kernel, columns);
    gemm_.columns = gemm_.residual_stride = gemm_.c_stride = columns;
    gemm_.taps = 1;
    gemm_.depth = hidden_;
    gemm_.factor = 1.0f;
    const std::string tag = "lstm_f32/" + std::to_string(gemm_.panels.lanes) + "x" +
                            std::to_string(gemm_.panels.vectors) + "/" + std::to_string(hidden_);
    const size_t bytes = static_cast<size_t>(hidden_ * gemm_.panels.padded_columns()) * sizeof(float);
    gemm_.b = reinterpret_cast<const float*>(spec.packs->Get(r.constant, tag, bytes, [&](uint8_t* out) {
      PackGemmF32(gemm_.panels, hidden_, columns, r.as<float>(), 1, hidden_, 0, gemm_.panels.count(),
                  reinterpret_cast<float*>(out));
    }));
    if (gemm_.b == nullptr) return Status::Error("KPT_TOO_LARGE", "out of memory: the weights of lstm_f32");
    // The kernel stores whole columns only, but may read a panel past the last row.
    gate_bytes_ = static_cast<size_t>(batch_ * columns) * sizeof(float);
    gate_bytes_ = (gate_bytes_ + kAlignment - 1) / kAlignment * kAlignment;
    spec.scratch_bytes = gate_bytes_ + static_cast<size_t>(batch_) * sizeof(float*);
    return Status::Ok();
  }

  void Begin(float* state, const float* initial) const {
    const size_t bytes = static_cast<size_t>(batch_ * hidden_) * sizeof(float);
    if (initial == nullptr)
      std::memset(state, 0, bytes);
    else
      std::memmove(state, initial, bytes);
  }

  /// Gates i, o, f and candidate c of one row become the next c and h.
  void Cell(float* gates, float* c, float* h) const {
    const float *input = gates, *output = gates + hidden_, *forget = gates + 2 * hidden_,
                *candidate = gates + 3 * hidden_;
    UnaryF32({UnaryKind::kSigmoid, 0, 0}, gates, gates, 3 * hidden_);
    UnaryF32({UnaryKind::kTanh, 0, 0}, candidate, gates + 3 * hidden_, hidden_);
    for (int64_t j = 0; j < hidden_; ++j) {
      const float kept = forget[j] * c[j], added = input[j] * candidate[j];
      c[j] = kept + added;
    }
    UnaryF32({UnaryKind::kTanh, 0, 0}, c, h, hidden_);
    for (int64_t j = 0; j < hidden_; ++j) h[j] *= output[j];
  }

  int64_t steps_ = 0, directions_ = 0, direction_ = 0, batch_ = 0, hidden_ = 0;
  bool reverse_ = false;
  const float* x_ = nullptr;
  const float* initial_h_ = nullptr;
  const float* initial_c_ = nullptr;
  float* y_ = nullptr;
  float* h_ = nullptr;
  float* c_ = nullptr;
  GemmF32 gemm_{};
  size_t gate_bytes_ = 0;
};

}  // namespace

Status MakeLstmF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 4, 3));
  auto step = std::make_unique<LstmF32>();
  KPT_RETURN_IF_ERROR(step->Prepare(spec));
  *out = std::move(step);
  return Status::Ok();
}

}  // namespace kompakt
