// recurrent_f32: LSTM, GRU and RNN over a whole sequence. One product takes all inputs through W; then every
// time step is one product of the state with R, added to its rows, and the gate functions.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "native/ops/activation_f32.h"
#include "native/ops/gemm_f32_loop.h"

namespace kompakt {
namespace {

enum class CellKind : uint8_t { kLstm, kGru, kRnn };

size_t FloatBytes(int64_t count) {
  return AlignUp(static_cast<size_t>(count) * sizeof(float) + kReadPadding);
}

class RecurrentF32 : public Step {
 public:
  Status Prepare(const StepSpec& spec);
  void Run(const RunContext& context) override;

 private:
  /// A product with rows [first, first + columns) of a constant [directions, gates * hidden, depth], turned.
  struct Weights {
    const float* packed = nullptr;
    int64_t size = 0;  // floats of one direction
    GemmF32 gemm{};
  };

  Status ReadParams(const StepSpec& spec);
  Status ReadShapes(const StepSpec& spec);
  Status Pack(const StepSpec& spec, const TensorView& w, const char* name, int64_t depth, int64_t first,
              int64_t columns, Weights* out) const;
  Status FoldBiases(const StepSpec& spec);
  void RunDirection(const RunContext& context, int64_t direction);
  void Multiply(const RunContext& context, const Weights& weights, int64_t direction,
                const std::vector<const float*>& rows, const float* residual, float* c) const;
  void FinishRow(int64_t row, const float* inputs, float* gates, float* recurrent, float* memory,
                 float* next) const;
  void RunGruCandidate(const RunContext& context, int64_t direction, const float* inputs, float* gates,
                       float* recurrent);

  int64_t Time(int64_t direction, int64_t step) const {
    const bool backwards = direction == 1 || reverse_ != 0;
    return backwards ? steps_ - 1 - step : step;
  }
  float* Output(int64_t time, int64_t direction, int64_t row) const {
    return y_ + (batch_first_ != 0 ? (row * steps_ + time) * directions_ + direction
                                   : (time * directions_ + direction) * batch_ + row) *
                    hidden_;
  }
  int64_t StateAt(int64_t direction, int64_t row) const {
    return (batch_first_ != 0 ? row * directions_ + direction : direction * batch_ + row) * hidden_;
  }

  CellKind cell_ = CellKind::kRnn;
  int64_t gates_ = 1, reverse_ = 0, linear_before_reset_ = 0, batch_first_ = 0;
  UnaryOp gate_, candidate_, output_;
  int64_t steps_ = 0, batch_ = 0, input_ = 0, hidden_ = 0, directions_ = 1;
  Weights w_, r_;        // r_: all gates but the candidate of GRU
  Weights r_candidate_;  // GRU only
  GemmF32Loop loop_;
  AlignedBuffer bias_, candidate_bias_, zeros_;
  const float* h0_ = nullptr;
  const float* c0_ = nullptr;
  float *y_ = nullptr, *h_ = nullptr, *c_ = nullptr;
  std::vector<const float*> inputs_;  // row (time, batch) of x
  std::vector<const float*> states_;  // the state of every row of the batch, while a step runs
  std::vector<const float*> kept_;    // the rows of reset * state
};

Status RecurrentF32::ReadParams(const StepSpec& spec) {
  std::string cell;
  KPT_RETURN_IF_ERROR(spec.params.Text("cell", &cell));
  if (cell != "lstm" && cell != "gru" && cell != "rnn") return spec.Fail("unknown cell '" + cell + "'");
  cell_ = cell == "lstm" ? CellKind::kLstm : cell == "gru" ? CellKind::kGru : CellKind::kRnn;
  gates_ = cell_ == CellKind::kLstm ? 4 : cell_ == CellKind::kGru ? 3 : 1;
  KPT_RETURN_IF_ERROR(spec.params.Int("reverse", &reverse_));
  KPT_RETURN_IF_ERROR(spec.params.Int("batchFirst", &batch_first_));
  KPT_RETURN_IF_ERROR(spec.params.Int("linearBeforeReset", &linear_before_reset_));
  KPT_RETURN_IF_ERROR(ReadUnaryOp(spec, "gate", &gate_));
  KPT_RETURN_IF_ERROR(ReadUnaryOp(spec, "candidate", &candidate_));
  return ReadUnaryOp(spec, "output", &output_);
}

Status RecurrentF32::ReadShapes(const StepSpec& spec) {
  const TensorView &x = *spec.in(0), &w = *spec.in(1), &r = *spec.in(2);
  if (x.rank != 3 || w.rank != 3 || r.rank != 3) return spec.Fail("x, w and r must have rank 3");
  for (const TensorView* tensor : spec.inputs)
    if (tensor != nullptr && tensor->dtype != DType::kF32) return spec.Fail("every input must be f32");
  for (const TensorView* tensor : spec.outputs)
    if (tensor->dtype != DType::kF32) return spec.Fail("every output must be f32");
  steps_ = x.dims[batch_first_ != 0 ? 1 : 0];
  batch_ = x.dims[batch_first_ != 0 ? 0 : 1];
  input_ = x.dims[2];
  hidden_ = r.dims[2];
  directions_ = r.dims[0];
  const int64_t rows = gates_ * hidden_, state = directions_ * batch_ * hidden_;
  if (directions_ < 1 || directions_ > 2 || w.dims[0] != directions_ || w.dims[1] != rows ||
      r.dims[1] != rows || w.dims[2] != input_)
    return spec.Fail("x, w and r do not fit together");
  if (!w.is_constant() || !r.is_constant()) return spec.Fail("w and r must be constants");
  const TensorView* bias = spec.in(3);
  if (bias != nullptr && (!bias->is_constant() || bias->size() != directions_ * 2 * rows))
    return spec.Fail("b must be a constant [directions, 2 * gates * hidden]");
  KPT_RETURN_IF_ERROR(CheckSize(spec, spec.out(0), steps_ * state));
  for (size_t i = 1; i < spec.outputs.size(); ++i) KPT_RETURN_IF_ERROR(CheckSize(spec, spec.out(i), state));
  for (size_t i = 4; i < 6; ++i)
    if (spec.in(i) != nullptr) KPT_RETURN_IF_ERROR(CheckSize(spec, *spec.in(i), state));
  if ((spec.outputs.size() == 3) != (cell_ == CellKind::kLstm)) return spec.Fail("wrong number of outputs");
  return Status::Ok();
}

Status RecurrentF32::Pack(const StepSpec& spec, const TensorView& w, const char* name, int64_t depth,
                          int64_t first, int64_t columns, Weights* out) const {
  GemmF32& gemm = out->gemm;
  gemm.kernel = GemmF32Kernels().Best();
  gemm.panels = CutGemmF32(gemm.kernel, columns);
  gemm.columns = columns;
  gemm.taps = 1;
  gemm.depth = depth;
  gemm.factor = 1;
  gemm.c_stride = gates_ * hidden_;
  gemm.residual_stride = gates_ * hidden_;
  out->size = depth * gemm.panels.padded_columns();
  const std::string tag = std::string("recurrent_f32/") + name + "/" + std::to_string(gemm.panels.lanes) +
                          "x" + std::to_string(gemm.panels.vectors) + "/" + std::to_string(depth) + "/" +
                          std::to_string(first) + "+" + std::to_string(columns);
  const auto pack = [&](uint8_t* block) {
    for (int64_t d = 0; d < directions_; ++d)
      PackGemmF32(gemm.panels, depth, columns, w.as<float>() + (d * gates_ * hidden_ + first) * depth, 1,
                  depth, 0, gemm.panels.count(), reinterpret_cast<float*>(block) + d * out->size);
  };
  const size_t bytes = static_cast<size_t>(directions_ * out->size) * sizeof(float);
  out->packed = reinterpret_cast<const float*>(spec.packs->Get(w.constant, tag, bytes, pack));
  return out->packed == nullptr
             ? Status::Error("KPT_TOO_LARGE", "out of memory: the weights of recurrent_f32")
             : Status::Ok();
}

/// The biases of W and R are one number per row, but for the candidate of a GRU whose reset comes behind R.
Status RecurrentF32::FoldBiases(const StepSpec& spec) {
  const int64_t rows = gates_ * hidden_;
  bias_ = AlignedBuffer(FloatBytes(directions_ * rows));
  candidate_bias_ = AlignedBuffer(FloatBytes(directions_ * hidden_));
  zeros_ = AlignedBuffer(FloatBytes(hidden_));
  if (bias_.data() == nullptr || candidate_bias_.data() == nullptr || zeros_.data() == nullptr)
    return Status::Error("KPT_TOO_LARGE", "out of memory: the biases of recurrent_f32");
  if (spec.in(3) == nullptr) return Status::Ok();
  const bool apart = cell_ == CellKind::kGru && linear_before_reset_ != 0;
  for (int64_t d = 0; d < directions_; ++d)
    for (int64_t i = 0; i < rows; ++i) {
      const float* from = spec.in(3)->as<float>() + d * 2 * rows;
      const bool candidate = apart && i >= 2 * hidden_;
      bias_.as<float>()[d * rows + i] = candidate ? from[i] : from[i] + from[rows + i];
      if (candidate) candidate_bias_.as<float>()[d * hidden_ + i - 2 * hidden_] = from[rows + i];
    }
  return Status::Ok();
}

Status RecurrentF32::Prepare(const StepSpec& spec) {
  KPT_RETURN_IF_ERROR(ReadParams(spec));
  KPT_RETURN_IF_ERROR(ReadShapes(spec));
  const int64_t rows = gates_ * hidden_;
  const bool gru = cell_ == CellKind::kGru;
  KPT_RETURN_IF_ERROR(Pack(spec, *spec.in(1), "w", input_, 0, rows, &w_));
  KPT_RETURN_IF_ERROR(Pack(spec, *spec.in(2), "r", hidden_, 0, gru ? 2 * hidden_ : rows, &r_));
  if (gru) KPT_RETURN_IF_ERROR(Pack(spec, *spec.in(2), "rh", hidden_, 2 * hidden_, hidden_, &r_candidate_));
  r_candidate_.gemm.c_stride = hidden_;
  KPT_RETURN_IF_ERROR(FoldBiases(spec));
  loop_ = GemmF32Loop(steps_ * batch_, input_ * static_cast<int64_t>(sizeof(float)), w_.gemm.panels,
                      spec.threads);

  const float* x = spec.in(0)->as<float>();
  for (int64_t t = 0; t < steps_; ++t)
    for (int64_t b = 0; b < batch_; ++b)
      inputs_.push_back(x + (batch_first_ != 0 ? b * steps_ + t : t * batch_ + b) * input_);
  states_.resize(static_cast<size_t>(batch_));
  kept_.resize(static_cast<size_t>(batch_));
  h0_ = spec.in(4) == nullptr ? nullptr : spec.in(4)->as<float>();
  c0_ = spec.in(5) == nullptr ? nullptr : spec.in(5)->as<float>();
  y_ = spec.out(0).as<float>();
  h_ = spec.out(1).as<float>();
  c_ = cell_ == CellKind::kLstm ? spec.out(2).as<float>() : nullptr;
  spec.scratch_bytes =
      FloatBytes(steps_ * batch_ * rows) + FloatBytes(batch_ * rows) + FloatBytes(batch_ * hidden_);
  return Status::Ok();
}

/// c = rows x R + residual, or + the candidate's bias without one. Short products stay on this thread.
void RecurrentF32::Multiply(const RunContext& context, const Weights& weights, int64_t direction,
                            const std::vector<const float*>& rows, const float* residual, float* c) const {
  constexpr int64_t kGrainMacs = 128 * 1024;
  GemmF32 gemm = weights.gemm;
  gemm.b = weights.packed + direction * weights.size;
  gemm.residual = residual;
  gemm.c = c;
  if (residual == nullptr) gemm.bias = candidate_bias_.as<float>() + direction * hidden_;
  const int64_t macs = batch_ * hidden_ * gemm.panels.vectors * gemm.panels.lanes;
  context.pool->ParallelFor(
      gemm.panels.count(), std::max<int64_t>(1, kGrainMacs / std::max<int64_t>(macs, 1)),
      [&](int64_t begin, int64_t end, int) { RunGemmF32(gemm, rows.data(), batch_, 0, batch_, begin, end); });
}

/// Reset comes behind R: recurrent = R h + b. Else recurrent = R (reset * h) + inputs.
void RecurrentF32::RunGruCandidate(const RunContext& context, int64_t direction, const float* inputs,
                                   float* gates, float* recurrent) {
  const int64_t rows = gates_ * hidden_;
  for (int64_t b = 0; b < batch_; ++b) UnaryF32(gate_, gates + b * rows, gates + b * rows, 2 * hidden_);
  if (linear_before_reset_ != 0)
    return Multiply(context, r_candidate_, direction, states_, nullptr, recurrent);
  for (int64_t b = 0; b < batch_; ++b) {
    float* kept = gates + b * rows + 2 * hidden_;
    const float* reset = kept - hidden_;
    for (int64_t i = 0; i < hidden_; ++i) kept[i] = reset[i] * states_[static_cast<size_t>(b)][i];
    kept_[static_cast<size_t>(b)] = kept;
  }
  Multiply(context, r_candidate_, direction, kept_, inputs + 2 * hidden_, recurrent);
}

/// From sums (LSTM, RNN) or gates and the recurrent part of the candidate (GRU) to the next state of one row.
void RecurrentF32::FinishRow(int64_t row, const float* inputs, float* gates, float* recurrent, float* memory,
                             float* next) const {
  const int64_t n = hidden_;
  if (cell_ == CellKind::kRnn) return UnaryF32(gate_, gates, next, n);
  if (cell_ == CellKind::kGru) {
    const float *update = gates, *reset = gates + n, *before = states_[static_cast<size_t>(row)];
    if (linear_before_reset_ != 0)
      for (int64_t i = 0; i < n; ++i) recurrent[i] = inputs[2 * n + i] + reset[i] * recurrent[i];
    UnaryF32(candidate_, recurrent, recurrent, n);
    for (int64_t i = 0; i < n; ++i) next[i] = (1.0f - update[i]) * recurrent[i] + update[i] * before[i];
    return;
  }
  // Gates i, o, f, c lie side by side: the three sigmoids are one call.
  UnaryF32(gate_, gates, gates, 3 * n);
  UnaryF32(candidate_, gates + 3 * n, gates + 3 * n, n);
  for (int64_t i = 0; i < n; ++i) memory[i] = gates[2 * n + i] * memory[i] + gates[i] * gates[3 * n + i];
  UnaryF32(output_, memory, recurrent, n);
  for (int64_t i = 0; i < n; ++i) next[i] = gates[n + i] * recurrent[i];
}

void RecurrentF32::RunDirection(const RunContext& context, int64_t direction) {
  const int64_t rows = gates_ * hidden_;
  float* sums = reinterpret_cast<float*>(context.scratch);
  float* gates = reinterpret_cast<float*>(context.scratch + FloatBytes(steps_ * batch_ * rows));
  float* recurrent = reinterpret_cast<float*>(reinterpret_cast<uint8_t*>(gates) + FloatBytes(batch_ * rows));
  GemmF32 gemm = w_.gemm;
  gemm.b = w_.packed + direction * w_.size;
  gemm.bias = bias_.as<float>() + direction * rows;
  gemm.c = sums;
  context.pool->ParallelFor(loop_.pieces(), 1, [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) {
      const GemmF32Piece piece = loop_.piece(i);
      RunPiece(gemm, UnaryOp{}, piece, inputs_.data() + piece.first_row, piece.row_count);
    }
  });

  const size_t state_bytes = static_cast<size_t>(hidden_) * sizeof(float);
  for (int64_t b = 0; b < batch_; ++b) {
    const int64_t at = StateAt(direction, b);
    states_[static_cast<size_t>(b)] = h0_ == nullptr ? zeros_.as<float>() : h0_ + at;
    if (c_ != nullptr) std::memcpy(c_ + at, c0_ == nullptr ? zeros_.as<float>() : c0_ + at, state_bytes);
  }
  for (int64_t step = 0; step < steps_; ++step) {
    const int64_t time = Time(direction, step);
    const float* inputs = sums + time * batch_ * rows;
    Multiply(context, r_, direction, states_, inputs, gates);
    if (cell_ == CellKind::kGru) RunGruCandidate(context, direction, inputs, gates, recurrent);
    for (int64_t b = 0; b < batch_; ++b) {
      float* next = Output(time, direction, b);
      FinishRow(b, inputs + b * rows, gates + b * rows, recurrent + b * hidden_,
                c_ == nullptr ? nullptr : c_ + StateAt(direction, b), next);
      states_[static_cast<size_t>(b)] = next;
    }
  }
  for (int64_t b = 0; b < batch_; ++b)
    std::memcpy(h_ + StateAt(direction, b), states_[static_cast<size_t>(b)], state_bytes);
}

void RecurrentF32::Run(const RunContext& context) {
  if (batch_ == 0 || hidden_ == 0) return;
  for (int64_t direction = 0; direction < directions_; ++direction) RunDirection(context, direction);
}

}  // namespace

Status MakeRecurrentF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(3, 6, spec.outputs.size() == 3 ? 3 : 2));
  auto step = std::make_unique<RecurrentF32>();
  KPT_RETURN_IF_ERROR(step->Prepare(spec));
  *out = std::move(step);
  return Status::Ok();
}

}  // namespace kompakt
