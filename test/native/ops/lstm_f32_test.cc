// lstm_f32 against a plain loop with the same order of operations: equal bytes.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "native/kernels/unary_f32/unary_f32.h"
#include "test/native/harness.h"

namespace kompakt::testing {
namespace {

struct Case {
  int64_t steps, directions, direction, batch, hidden;
  int reverse;
  bool initial;
};

const Case kCases[] = {
    {1, 1, 0, 1, 1, 0, false}, {3, 1, 0, 1, 16, 0, true},  {4, 2, 0, 3, 17, 0, true},
    {4, 2, 1, 3, 17, 1, true}, {2, 1, 0, 13, 5, 1, false}, {2, 1, 0, 2, 64, 0, true},
};

float Apply(UnaryKind kind, float x) {
  UnaryF32({kind, 0, 0}, &x, &x, 1);
  return x;
}

/// One step of time of one row: gates from x and h, then the states.
void PlainCell(const float* x, const float* r, int64_t hidden, float* h, float* c) {
  std::vector<float> gates(static_cast<size_t>(4 * hidden));
  for (int64_t g = 0; g < 4 * hidden; ++g) {
    float acc = 0;
    for (int64_t k = 0; k < hidden; ++k) acc = std::fma(h[k], r[g * hidden + k], acc);
    gates[g] = Apply(g < 3 * hidden ? UnaryKind::kSigmoid : UnaryKind::kTanh, acc + x[g]);
  }
  for (int64_t j = 0; j < hidden; ++j) {
    const float kept = gates[2 * hidden + j] * c[j], added = gates[j] * gates[3 * hidden + j];
    c[j] = kept + added;
    h[j] = gates[hidden + j] * Apply(UnaryKind::kTanh, c[j]);
  }
}

TEST_CASE("lstm_f32 equals the plain loop") {
  for (const Case& s : kCases) {
    const int index = static_cast<int>(&s - kCases);
    CAPTURE(index);
    Random random(static_cast<uint64_t>(index) + 1);
    const int64_t gates = 4 * s.hidden, state = s.batch * s.hidden;
    TestTensor x(DType::kF32, {s.steps, s.batch, gates}), r(DType::kF32, {gates, s.hidden});
    const std::vector<int64_t> states{s.directions, s.batch, s.hidden};
    TestTensor h0(DType::kF32, states), c0(DType::kF32, states);
    x.FillF32(&random, -1, 1);
    r.FillF32(&random, -1, 1);
    h0.FillF32(&random, -1, 1);
    c0.FillF32(&random, -1, 1);
    r.Constant(0);
    TestTensor y(DType::kF32, {s.steps, s.directions, s.batch, s.hidden});
    TestTensor h(DType::kF32, states), c(DType::kF32, states);
    const ParamList params =
        ParamList().Set("direction", static_cast<double>(s.direction)).Set("reverse", s.reverse);
    const Status status = RunStep("lstm_f32", {&x, &r, s.initial ? &h0 : nullptr, s.initial ? &c0 : nullptr},
                                  {&y, &h, &c}, params, 2, 2);
    REQUIRE_MESSAGE(status.ok(), status.message());
    for (int64_t n = 0; n < s.batch; ++n) {
      const int64_t at = s.direction * state + n * s.hidden;
      std::vector<float> hn(static_cast<size_t>(s.hidden)), cn(static_cast<size_t>(s.hidden));
      if (s.initial) {
        hn.assign(h0.as<float>() + at, h0.as<float>() + at + s.hidden);
        cn.assign(c0.as<float>() + at, c0.as<float>() + at + s.hidden);
      }
      const size_t bytes = static_cast<size_t>(s.hidden) * sizeof(float);
      for (int64_t i = 0; i < s.steps; ++i) {
        const int64_t t = s.reverse ? s.steps - 1 - i : i;
        PlainCell(x.as<float>() + (t * s.batch + n) * gates, r.as<float>(), s.hidden, hn.data(), cn.data());
        CHECK(std::memcmp(y.as<float>() + t * s.directions * state + at, hn.data(), bytes) == 0);
      }
      CHECK(std::memcmp(h.as<float>() + at, hn.data(), bytes) == 0);
      CHECK(std::memcmp(c.as<float>() + at, cn.data(), bytes) == 0);
    }
  }
}

TEST_CASE("lstm_f32 refuses what does not fit") {
  TestTensor x(DType::kF32, {2, 1, 8}), r(DType::kF32, {8, 2}), y(DType::kF32, {2, 1, 1, 2}),
      h(DType::kF32, {1, 1, 2}), c(DType::kF32, {1, 1, 2});
  const ParamList params = ParamList().Set("direction", 0).Set("reverse", 0);
  CHECK_FALSE(RunStep("lstm_f32", {&x, &r}, {&y, &h, &c}, params).ok());  // r is not constant
  r.Constant(0);
  CHECK(RunStep("lstm_f32", {&x, &r}, {&y, &h, &c}, params).ok());
  CHECK_FALSE(
      RunStep("lstm_f32", {&x, &r}, {&y, &h, &c}, ParamList().Set("direction", 1).Set("reverse", 0)).ok());
  TestTensor shorter(DType::kF32, {1, 1, 8});
  CHECK_FALSE(RunStep("lstm_f32", {&shorter, &r}, {&y, &h, &c}, params).ok());
}

}  // namespace
}  // namespace kompakt::testing
