// The elementwise steps against naive loops: broadcasting, in place, tails, one and several threads.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <vector>

#include "native/kernels/binary_f32/binary_f32.h"
#include "test/native/harness.h"

namespace kompakt {
namespace {

using testing::ParamList;
using testing::Random;
using testing::RunStep;
using testing::TestTensor;

using Dims = std::vector<int64_t>;

ParamList WithActivation(const char* activation) {
  return ParamList().Set("activation", activation).Set("alpha", 0.0).Set("beta", 6.0);
}

// Where element `index` of y lies in x, which broadcasts to y.
int64_t SourceIndex(const TensorView& x, const TensorView& y, int64_t index) {
  int64_t source = 0, stride = 1;
  for (int d = y.rank - 1, dx = x.rank - 1; dx >= 0; --d, --dx) {
    const int64_t i = index % y.dims[d];
    index /= y.dims[d];
    if (x.dims[dx] != 1) source += i * stride;
    stride *= x.dims[dx];
  }
  return source;
}

int Requantise(float v, int zero, int lo, int hi) {
  const float rounded = std::nearbyint(v) + static_cast<float>(zero);
  return static_cast<int>(std::fmin(std::fmax(rounded, static_cast<float>(lo)), static_cast<float>(hi)));
}

struct Shapes {
  Dims a, b, y;
};
const Shapes kShapes[] = {
    {{}, {}, {}},
    {{0}, {1}, {0}},
    {{7}, {7}, {7}},
    {{1}, {130}, {130}},
    {{130}, {1}, {130}},
    {{2, 3, 5, 16}, {2, 1, 1, 16}, {2, 3, 5, 16}},
    {{2, 3, 5, 7}, {5, 1}, {2, 3, 5, 7}},
    {{3, 1, 5}, {1, 4, 1}, {3, 4, 5}},
    {{2, 1, 3, 1, 2}, {4, 1, 5, 1}, {2, 4, 3, 5, 2}},
    {{200, 211}, {200, 211}, {200, 211}},
    {{200, 211}, {1, 211}, {200, 211}},
    {{3, 70000}, {3, 1}, {3, 70000}},
    {{2, 61, 24}, {2, 1, 24}, {2, 61, 24}},
    {{24}, {2000, 24}, {2000, 24}},
    {{3, 1, 2, 17}, {1, 90, 2, 17}, {3, 90, 2, 17}},
    {{60, 1000}, {1, 1000}, {60, 1000}},
};

TEST_CASE("binary_f32 step: every broadcast") {
  Random random(1);
  for (const Shapes& shapes : kShapes)
    for (int threads : {1, 3}) {
      TestTensor a(DType::kF32, shapes.a), b(DType::kF32, shapes.b), y(DType::kF32, shapes.y);
      a.FillF32(&random, -3, 3), b.FillF32(&random, -3, 3);
      for (const char* op : {"add", "sub", "mul", "div", "max", "min", "pow", "prelu"}) {
        CAPTURE(op);
        const Status status =
            RunStep("binary_f32", {&a, &b}, {&y}, WithActivation("clip").Set("op", op), threads);
        REQUIRE_MESSAGE(status.ok(), status.message());
        const std::string name = op;
        int wrong = 0;
        for (int64_t i = 0; i < y.size(); ++i) {
          const float u = a.as<float>()[SourceIndex(a.view, y.view, i)];
          const float v = b.as<float>()[SourceIndex(b.view, y.view, i)];
          float want = name == "add"   ? u + v
                       : name == "sub" ? u - v
                       : name == "mul" ? u * v
                       : name == "div" ? u / v
                       : name == "max" ? std::fmax(u, v)
                       : name == "min" ? std::fmin(u, v)
                       : name == "pow" ? PowF32(u, v)
                                       : (u < 0 ? u * v : u);
          if (want < 0) want = 0;
          if (want > 6) want = 6;
          const float got = y.as<float>()[i];
          wrong += got == want || (got != got && want != want) ? 0 : 1;
        }
        CHECK(wrong == 0);
      }
    }
}

TEST_CASE("add_u8 and mul_u8 steps: every broadcast") {
  Random random(2);
  for (const Shapes& shapes : kShapes)
    for (int threads : {1, 3}) {
      TestTensor a(DType::kU8, shapes.a), b(DType::kU8, shapes.b), y(DType::kU8, shapes.y);
      a.FillU8(&random), b.FillU8(&random);
      ParamList params;
      params.Set("aFactor", 0.61f)
          .Set("aZero", 128)
          .Set("bFactor", 1.27f)
          .Set("bZero", 3)
          .Set("factor", 0.013f);
      params.Set("yZero", 100).Set("lo", 5).Set("hi", 240);
      for (const char* kind : {"add_u8", "mul_u8"}) {
        const Status status = RunStep(kind, {&a, &b}, {&y}, params, threads);
        REQUIRE_MESSAGE(status.ok(), status.message());
        int wrong = 0;
        for (int64_t i = 0; i < y.size(); ++i) {
          const int u = a.as<uint8_t>()[SourceIndex(a.view, y.view, i)] - 128;
          const int v = b.as<uint8_t>()[SourceIndex(b.view, y.view, i)] - 3;
          const float fu = 0.61f * static_cast<float>(u), fv = 1.27f * static_cast<float>(v);
          const float value = kind[0] == 'a' ? fu + fv : static_cast<float>(u * v) * 0.013f;
          wrong += y.as<uint8_t>()[i] == Requantise(value, 100, 5, 240) ? 0 : 1;
        }
        CHECK(wrong == 0);
      }
    }
}

TEST_CASE("binary steps work in place and refuse what does not broadcast") {
  Random random(3);
  TestTensor a(DType::kF32, {4, 33}), b(DType::kF32, {1, 33}), want(DType::kF32, {4, 33});
  a.FillF32(&random, -3, 3), b.FillF32(&random, -3, 3);
  const ParamList params = WithActivation("none").Set("op", "sub");
  REQUIRE(RunStep("binary_f32", {&a, &b}, {&want}, params).ok());
  REQUIRE(RunStep("binary_f32", {&a, &b}, {&a}, params).ok());
  CHECK(std::memcmp(a.view.data, want.view.data, want.view.bytes()) == 0);
  TestTensor odd(DType::kF32, {32}), bytes(DType::kU8, {4, 33});
  CHECK_FALSE(RunStep("binary_f32", {&a, &odd}, {&want}, params).ok());
  CHECK_FALSE(RunStep("binary_f32", {&a, &bytes}, {&want}, params).ok());
  CHECK_FALSE(RunStep("binary_f32", {&a, &b}, {&want}, WithActivation("none").Set("op", "mod")).ok());
  CHECK_FALSE(RunStep("binary_f32", {&a, nullptr}, {&want}, params).ok());
}

TEST_CASE("unary_f32 step: whole tensors, any thread count") {
  Random random(4);
  for (int64_t n : {0, 1, 17, 50000}) {
    TestTensor x(DType::kF32, {n}), one(DType::kF32, {n}), three(DType::kF32, {n});
    x.FillF32(&random, -6, 6);
    const ParamList params = ParamList().Set("op", "tanh").Set("alpha", 0.0).Set("beta", 0.0);
    REQUIRE(RunStep("unary_f32", {&x}, {&one}, params, 1).ok());
    REQUIRE(RunStep("unary_f32", {&x}, {&three}, params, 3).ok());
    CHECK(std::memcmp(one.view.data, three.view.data, one.view.bytes()) == 0);
    for (int64_t i = 0; i < n; ++i)
      REQUIRE(std::fabs(one.as<float>()[i] - std::tanh(x.as<float>()[i])) < 3e-7f);
  }
}

TEST_CASE("scale_shift_f32 step: short and long rows and planes") {
  Random random(5);
  for (int64_t channels : {1, 3, 16, 100, 256, 300})
    for (int64_t inner : {0, 1, 2, 7, 16, 17})
      for (int threads : {1, 3}) {
        TestTensor x(DType::kF32, {2, 31, channels, inner}), scale(DType::kF32, {channels}),
            shift(DType::kF32, {channels});
        TestTensor y(DType::kF32, {2, 31, channels, inner});
        x.FillF32(&random, -2, 2), scale.FillF32(&random, -2, 2), shift.FillF32(&random, -2, 2);
        scale.Constant(0), shift.Constant(1);
        ParamList params = WithActivation("relu");
        params.Set("inner", static_cast<double>(inner));
        REQUIRE(RunStep("scale_shift_f32", {&x, &scale, &shift}, {&y}, params, threads).ok());
        int wrong = 0;
        for (int64_t i = 0; i < x.size(); ++i) {
          const int64_t channel = i / inner % channels;
          const float product = x.as<float>()[i] * scale.as<float>()[channel];
          const float sum = product + shift.as<float>()[channel];
          wrong += y.as<float>()[i] == (sum > 0 ? sum : 0) ? 0 : 1;
        }
        CHECK(wrong == 0);
      }
  TestTensor x(DType::kF32, {5, 3}), scale(DType::kF32, {3}), y(DType::kF32, {5, 3});
  scale.Constant(0);
  for (int inner : {-1, 0, 2}) {
    ParamList params = WithActivation("none");
    CHECK_FALSE(RunStep("scale_shift_f32", {&x, &scale, &scale}, {&y}, params.Set("inner", inner)).ok());
  }
}

TEST_CASE("quantize, dequantize and table_u8 steps") {
  Random random(6);
  for (int64_t n : {0, 1, 33, 40000}) {
    TestTensor x(DType::kF32, {n}), q(DType::kU8, {n}), back(DType::kF32, {n}), table(DType::kU8, {256}),
        t(DType::kU8, {n});
    x.FillF32(&random, -20, 20);
    table.FillU8(&random);
    if (n > 3)
      x.as<float>()[0] = std::nanf(""), x.as<float>()[1] = INFINITY, x.as<float>()[2] = 0.125f * 0.5f;
    const ParamList params = ParamList().Set("scale", 0.125).Set("zero", 101).Set("lo", 2).Set("hi", 250);
    REQUIRE(RunStep("quantize", {&x}, {&q}, params, 3).ok());
    REQUIRE(RunStep("dequantize", {&q}, {&back}, ParamList().Set("scale", 0.125).Set("zero", 101), 3).ok());
    REQUIRE(RunStep("table_u8", {&q, &table}, {&t}, ParamList(), 3).ok());
    int wrong = 0;
    for (int64_t i = 0; i < n; ++i) {
      const float v = x.as<float>()[i] / 0.125f;
      const int want = v != v ? 101 : Requantise(v, 101, 2, 250);
      wrong += q.as<uint8_t>()[i] == want ? 0 : 1;
      wrong += back.as<float>()[i] == static_cast<float>(want - 101) * 0.125f ? 0 : 1;
      wrong += t.as<uint8_t>()[i] == table.as<uint8_t>()[want] ? 0 : 1;
    }
    CHECK(wrong == 0);
  }
  TestTensor x(DType::kF32, {2}), q(DType::kU8, {2});
  CHECK_FALSE(RunStep("quantize", {&x}, {&q},
                      ParamList().Set("scale", 1).Set("zero", 256).Set("lo", 0).Set("hi", 255))
                  .ok());
  CHECK_FALSE(RunStep("table_u8", {&q, &q}, {&q}, ParamList()).ok());
}

TEST_CASE("cast step: long rows of floats to integers of 64 bits, large ones among them") {
  Random random(8);
  for (int64_t n : {1, 63, 64, 65, 40001})
    for (bool large : {false, true}) {
      TestTensor x(DType::kF32, {n}), y(DType::kS64, {n});
      x.FillF32(&random, -1e9f, 1e9f);
      if (large) x.as<float>()[n / 2] = 0x1p31f, x.as<float>()[n - 1] = -0x1p40f;
      REQUIRE(RunStep("cast", {&x}, {&y}, ParamList().Set("toBool", 0), 3).ok());
      int64_t wrong = 0;
      for (int64_t i = 0; i < n; ++i) wrong += y.as<int64_t>()[i] != static_cast<int64_t>(x.as<float>()[i]);
      CHECK(wrong == 0);
    }
}

TEST_CASE("cast step") {
  TestTensor f(DType::kF32, {8}), s(DType::kS32, {8}), l(DType::kS64, {8}), u(DType::kU8, {8});
  const float values[] = {0.0f, 1.9f, -1.9f, 3e9f, -3e9f, NAN, 255.5f, -0.0f};
  std::memcpy(f.view.data, values, sizeof values);
  const ParamList plain = ParamList().Set("toBool", 0), boolean = ParamList().Set("toBool", 1);
  REQUIRE(RunStep("cast", {&f}, {&s}, plain).ok());
  const int32_t want[] = {0, 1, -1, INT32_MAX, INT32_MIN, 0, 255, 0};
  CHECK(std::memcmp(s.view.data, want, sizeof want) == 0);
  REQUIRE(RunStep("cast", {&f}, {&l}, plain).ok());
  CHECK(l.as<int64_t>()[3] == 3000000000);
  REQUIRE(RunStep("cast", {&f}, {&u}, plain).ok());
  CHECK(u.as<uint8_t>()[2] == 0);
  CHECK(u.as<uint8_t>()[3] == 255);
  REQUIRE(RunStep("cast", {&f}, {&u}, boolean).ok());
  const uint8_t truth[] = {0, 1, 1, 1, 1, 1, 1, 0};
  CHECK(std::memcmp(u.view.data, truth, sizeof truth) == 0);
  l.as<int64_t>()[0] = (int64_t{1} << 40) + 7;
  REQUIRE(RunStep("cast", {&l}, {&s}, plain).ok());
  CHECK(s.as<int32_t>()[0] == 7);
  REQUIRE(RunStep("cast", {&s}, {&f}, plain).ok());
  CHECK(f.as<float>()[0] == 7.0f);
}

TEST_CASE("fill step") {
  TestTensor f(DType::kF32, {3}), s(DType::kS64, {40000}), u(DType::kU8, {5});
  REQUIRE(RunStep("fill", {}, {&f}, ParamList().Set("value", 0.1)).ok());
  CHECK(f.as<float>()[2] == 0.1f);
  REQUIRE(RunStep("fill", {}, {&s}, ParamList().Set("value", -5), 3).ok());
  CHECK(s.as<int64_t>()[0] == -5);
  CHECK(s.as<int64_t>()[39999] == -5);
  REQUIRE(RunStep("fill", {}, {&u}, ParamList().Set("value", 255)).ok());
  CHECK(u.as<uint8_t>()[4] == 255);
  CHECK_FALSE(RunStep("fill", {}, {&u}, ParamList().Set("value", 256)).ok());
}

}  // namespace
}  // namespace kompakt
