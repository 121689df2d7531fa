// recurrent_f32 against plain loops with the same order of multiply-adds: equal bytes.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "native/kernels/unary_f32/unary_f32.h"
#include "test/native/harness.h"

namespace kompakt::testing {
namespace {

struct Case {
  const char* cell;
  int64_t steps, batch, input, hidden, directions;
  int reverse, batch_first, linear_before_reset;
  bool bias, states;
  const char* gate;
};

const Case kCases[] = {
    {"lstm", 1, 1, 257, 128, 1, 0, 0, 0, true, true, "sigmoid"},
    {"lstm", 5, 3, 7, 11, 2, 0, 0, 0, true, true, "sigmoid"},
    {"lstm", 4, 2, 16, 16, 1, 1, 1, 0, false, false, "hard_sigmoid"},
    {"lstm", 3, 1, 1, 1, 2, 0, 1, 0, true, false, "sigmoid"},
    {"lstm", 2, 5, 33, 300, 1, 0, 0, 0, true, true, "sigmoid"},
    {"gru", 1, 1, 40, 64, 1, 0, 0, 1, true, true, "sigmoid"},
    {"gru", 6, 2, 9, 13, 2, 0, 0, 0, true, true, "sigmoid"},
    {"gru", 3, 4, 17, 31, 2, 0, 1, 1, true, false, "sigmoid"},
    {"gru", 2, 1, 3, 5, 1, 1, 0, 0, false, true, "hard_sigmoid"},
    {"rnn", 7, 2, 12, 10, 2, 0, 1, 0, true, true, "tanh"},
    {"rnn", 3, 1, 4, 65, 1, 1, 0, 0, true, false, "relu"},
    {"lstm", 0, 2, 4, 6, 1, 0, 0, 0, true, true, "sigmoid"},
    {"gru", 3, 0, 4, 6, 1, 0, 0, 0, true, true, "sigmoid"},
};

float Apply(const char* name, float x) {
  UnaryOp op;
  REQUIRE(ParseUnaryKind(name, &op.kind));
  op.alpha = 0.2f;
  op.beta = 0.5f;
  UnaryF32(op, &x, &x, 1);
  return x;
}

float Dot(const float* a, const float* b, int64_t count) {
  float sum = 0;
  for (int64_t i = 0; i < count; ++i) sum = std::fma(a[i], b[i], sum);
  return sum;
}

/// One row of one direction: x [input] and the states h, c [hidden] become the next states.
struct Naive {
  const Case& c;
  const float *w, *r, *bias;

  float Sum(int64_t row, const float* x) const {
    const int64_t rows = (std::string(c.cell) == "lstm"  ? 4
                          : std::string(c.cell) == "gru" ? 3
                                                         : 1) *
                         c.hidden;
    const bool apart = std::string(c.cell) == "gru" && c.linear_before_reset != 0 && row >= 2 * c.hidden;
    const float sum = Dot(x, w + row * c.input, c.input);
    if (bias == nullptr) return sum;
    return sum + (apart ? bias[row] : bias[row] + bias[rows + row]);
  }
  float Both(int64_t row, const float* x, const std::vector<float>& h) const {
    return Dot(h.data(), r + row * c.hidden, c.hidden) + Sum(row, x);
  }
  void Step(const float* x, std::vector<float>* h, std::vector<float>* memory) const {
    const int64_t n = c.hidden;
    const std::vector<float> before = *h;
    std::vector<float> kept(before);
    if (std::string(c.cell) == "gru")
      for (int64_t i = 0; i < n; ++i) kept[i] = Apply(c.gate, Both(n + i, x, before)) * before[i];
    for (int64_t i = 0; i < n; ++i) {
      if (std::string(c.cell) == "rnn") {
        (*h)[i] = Apply(c.gate, Both(i, x, before));
      } else if (std::string(c.cell) == "lstm") {
        const float in = Apply(c.gate, Both(i, x, before)), out = Apply(c.gate, Both(n + i, x, before));
        const float forget = Apply(c.gate, Both(2 * n + i, x, before));
        const float candidate = Apply("tanh", Both(3 * n + i, x, before));
        (*memory)[i] = forget * (*memory)[i] + in * candidate;
        (*h)[i] = out * Apply("tanh", (*memory)[i]);
      } else {
        const float update = Apply(c.gate, Both(i, x, before)), reset = Apply(c.gate, Both(n + i, x, before));
        float candidate;
        if (c.linear_before_reset != 0) {
          const float recurrent = Dot(before.data(), r + (2 * n + i) * n, n);
          const float shifted = recurrent + (bias == nullptr ? 0.0f : bias[5 * n + i]);
          candidate = Sum(2 * n + i, x) + reset * shifted;
        } else {
          candidate = Both(2 * n + i, x, kept);
        }
        (*h)[i] = (1.0f - update) * Apply("tanh", candidate) + update * before[i];
      }
    }
  }
};

TEST_CASE("recurrent_f32 equals the plain loop") {
  for (const Case& c : kCases) {
    const int index = static_cast<int>(&c - kCases);
    CAPTURE(index);
    Random random(static_cast<uint64_t>(index) + 1);
    const std::string cell = c.cell;
    const int64_t gates = cell == "lstm" ? 4 : cell == "gru" ? 3 : 1, d = c.directions, n = c.hidden;
    const bool first = c.batch_first != 0;
    TestTensor x(DType::kF32, first ? std::vector<int64_t>{c.batch, c.steps, c.input}
                                    : std::vector<int64_t>{c.steps, c.batch, c.input});
    TestTensor w(DType::kF32, {d, gates * n, c.input}), r(DType::kF32, {d, gates * n, n});
    TestTensor bias(DType::kF32, {d, 2 * gates * n});
    const std::vector<int64_t> state_dims =
        first ? std::vector<int64_t>{c.batch, d, n} : std::vector<int64_t>{d, c.batch, n};
    const std::vector<int64_t> y_dims =
        first ? std::vector<int64_t>{c.batch, c.steps, d, n} : std::vector<int64_t>{c.steps, d, c.batch, n};
    TestTensor h0(DType::kF32, state_dims), c0(DType::kF32, state_dims);
    for (TestTensor* t : {&x, &w, &r, &bias, &h0, &c0}) t->FillF32(&random, -0.5f, 0.5f);
    w.Constant(0);
    r.Constant(1);
    bias.Constant(2);

    TestTensor want_y(DType::kF32, y_dims), want_h(DType::kF32, state_dims), want_c(DType::kF32, state_dims);
    for (int64_t k = 0; k < d; ++k)
      for (int64_t b = 0; b < c.batch; ++b) {
        const Naive naive{c, w.as<float>() + k * gates * n * c.input, r.as<float>() + k * gates * n * n,
                          c.bias ? bias.as<float>() + k * 2 * gates * n : nullptr};
        const int64_t at = (first ? b * d + k : k * c.batch + b) * n;
        std::vector<float> h(static_cast<size_t>(n), 0.0f), memory(h);
        if (c.states) h.assign(h0.as<float>() + at, h0.as<float>() + at + n);
        if (c.states) memory.assign(c0.as<float>() + at, c0.as<float>() + at + n);
        for (int64_t s = 0; s < c.steps; ++s) {
          const int64_t t = k == 1 || c.reverse != 0 ? c.steps - 1 - s : s;
          naive.Step(x.as<float>() + (first ? b * c.steps + t : t * c.batch + b) * c.input, &h, &memory);
          const int64_t row = first ? (b * c.steps + t) * d + k : (t * d + k) * c.batch + b;
          std::memcpy(want_y.as<float>() + row * n, h.data(), h.size() * sizeof(float));
        }
        std::memcpy(want_h.as<float>() + at, h.data(), h.size() * sizeof(float));
        std::memcpy(want_c.as<float>() + at, memory.data(), memory.size() * sizeof(float));
      }

    ParamList params;
    params.Set("cell", c.cell).Set("reverse", c.reverse).Set("batchFirst", c.batch_first);
    params.Set("linearBeforeReset", c.linear_before_reset).Set("gate", c.gate).Set("candidate", "tanh");
    params.Set("output", "tanh").Set("alpha", 0.2).Set("beta", 0.5);
    for (int threads = 1; threads <= 4; ++threads) {
      CAPTURE(threads);
      TestTensor y(DType::kF32, y_dims), h(DType::kF32, state_dims), memory(DType::kF32, state_dims);
      const bool lstm = cell == "lstm";
      std::vector<TestTensor*> inputs{&x, &w, &r, c.bias ? &bias : nullptr, c.states ? &h0 : nullptr};
      if (lstm) inputs.push_back(c.states ? &c0 : nullptr);
      std::vector<TestTensor*> outputs{&y, &h};
      if (lstm) outputs.push_back(&memory);
      const Status status = RunStep("recurrent_f32", inputs, outputs, params, threads, 2);
      CHECK_MESSAGE(status.ok(), status.message());
      CHECK(std::memcmp(y.view.data, want_y.view.data, y.view.bytes()) == 0);
      CHECK(std::memcmp(h.view.data, want_h.view.data, h.view.bytes()) == 0);
      if (lstm) CHECK(std::memcmp(memory.view.data, want_c.view.data, memory.view.bytes()) == 0);
    }
  }
}

TEST_CASE("recurrent_f32 refuses weights that do not fit") {
  TestTensor x(DType::kF32, {2, 1, 4}), w(DType::kF32, {1, 12, 4}), r(DType::kF32, {1, 12, 5});
  TestTensor y(DType::kF32, {2, 1, 1, 5}), h(DType::kF32, {1, 1, 5});
  w.Constant(0);
  r.Constant(1);
  ParamList params;
  params.Set("cell", "gru").Set("reverse", 0).Set("batchFirst", 0).Set("linearBeforeReset", 0);
  params.Set("gate", "sigmoid").Set("candidate", "tanh").Set("output", "tanh").Set("alpha", 0).Set("beta", 0);
  CHECK_FALSE(RunStep("recurrent_f32", {&x, &w, &r}, {&y, &h}, params).ok());
}

}  // namespace
}  // namespace kompakt::testing
