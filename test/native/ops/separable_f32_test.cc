// separable_f32 against the two convolutions that it is made of, bit for bit.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstring>
#include <string>

#include "test/native/harness.h"

namespace kompakt::testing {
namespace {

struct SeparableCase {
  int64_t n, h, w, c, o, k, stride, pad;
  const char* inner;
  const char* activation;
  bool biases, residual;
};

const SeparableCase kCases[] = {
    {1, 5, 7, 16, 8, 3, 1, 1, "relu", "none", true, false},
    {2, 9, 5, 3, 17, 3, 2, 1, "none", "relu", false, false},
    {1, 33, 40, 24, 65, 3, 1, 1, "hard_swish", "clip", true, true},
    {1, 1, 1, 1, 1, 1, 1, 0, "none", "none", true, false},
    {1, 7, 7, 130, 33, 5, 1, 2, "gelu", "sigmoid", true, false},
    {3, 4, 300, 64, 16, 3, 1, 1, "relu", "relu", true, true},
};

TEST_CASE("separable_f32 equals a depthwise and a pointwise conv_f32") {
  for (const SeparableCase& s : kCases) {
    CAPTURE(s.h);
    CAPTURE(s.c);
    const int64_t oh = (s.h + 2 * s.pad - s.k) / s.stride + 1, ow = (s.w + 2 * s.pad - s.k) / s.stride + 1;
    Random random(static_cast<uint64_t>(s.c + s.o));
    TestTensor x(DType::kF32, {s.n, s.h, s.w, s.c}), w(DType::kF32, {s.c, s.k, s.k, 1});
    TestTensor bias(DType::kF32, {s.c}), middle(DType::kF32, {s.n, oh, ow, s.c});
    TestTensor point(DType::kF32, {s.o, 1, 1, s.c}), point_bias(DType::kF32, {s.o});
    TestTensor residual(DType::kF32, {s.n, oh, ow, s.o}), want(DType::kF32, {s.n, oh, ow, s.o});
    x.FillF32(&random, -1, 1);
    w.FillF32(&random, -1, 1).Constant(0);
    bias.FillF32(&random, -1, 1).Constant(1);
    point.FillF32(&random, -1, 1).Constant(2);
    point_bias.FillF32(&random, -1, 1).Constant(3);
    residual.FillF32(&random, -1, 1);
    const double stride = static_cast<double>(s.stride), pad = static_cast<double>(s.pad);
    const auto window = [&](double step, double border, int64_t group) {
      ParamList p;
      p.Set("strides", {step, step}).Set("pads", {border, border, border, border});
      return p.Set("dilations", {1, 1}).Set("group", static_cast<double>(group));
    };
    ParamList first = window(stride, pad, s.c), second = window(1, 0, 1), both = window(stride, pad, s.c);
    first.Set("activation", s.inner).Set("alpha", 0.0).Set("beta", 3.0);
    second.Set("activation", s.activation).Set("alpha", -0.5).Set("beta", 0.5);
    both.Set("inner", s.inner).Set("innerAlpha", 0.0).Set("innerBeta", 3.0);
    both.Set("activation", s.activation).Set("alpha", -0.5).Set("beta", 0.5);
    TestTensor *b = s.biases ? &bias : nullptr, *pb = s.biases ? &point_bias : nullptr;
    TestTensor* r = s.residual ? &residual : nullptr;
    REQUIRE(RunStep("conv_f32", {&x, &w, b, nullptr}, {&middle}, first).ok());
    REQUIRE(RunStep("conv_f32", {&middle, &point, pb, r}, {&want}, second).ok());
    for (int threads : {1, 3}) {
      TestTensor y(DType::kF32, {s.n, oh, ow, s.o});
      const Status status = RunStep("separable_f32", {&x, &w, b, &point, pb, r}, {&y}, both, threads, 2);
      REQUIRE_MESSAGE(status.ok(), status.message());
      CHECK(std::memcmp(y.view.data, want.view.data, y.view.bytes()) == 0);
    }
  }
}

TEST_CASE("separable_f32 refuses weights that do not fit") {
  TestTensor x(DType::kF32, {1, 4, 4, 6}), w(DType::kF32, {6, 3, 3, 1}), point(DType::kF32, {5, 1, 1, 6});
  TestTensor y(DType::kF32, {1, 4, 4, 5});
  w.Constant(0);
  point.Constant(1);
  const auto with_group = [](int group) {
    ParamList p;
    p.Set("strides", {1, 1}).Set("pads", {1, 1, 1, 1}).Set("dilations", {1, 1}).Set("group", group);
    p.Set("inner", "none").Set("innerAlpha", 0.0).Set("innerBeta", 0.0);
    return p.Set("activation", "none").Set("alpha", 0.0).Set("beta", 0.0);
  };
  const ParamList params = with_group(6);
  CHECK(RunStep("separable_f32", {&x, &w, nullptr, &point}, {&y}, params).ok());
  TestTensor wide(DType::kF32, {5, 1, 1, 7}), large(DType::kF32, {5, 3, 3, 6}),
      few(DType::kF32, {1, 4, 4, 4});
  wide.Constant(2);
  large.Constant(3);
  CHECK_FALSE(RunStep("separable_f32", {&x, &w, nullptr, &wide}, {&y}, params).ok());
  CHECK_FALSE(RunStep("separable_f32", {&x, &w, nullptr, &large}, {&y}, params).ok());
  CHECK_FALSE(RunStep("separable_f32", {&x, &w, nullptr, &point}, {&few}, params).ok());
  CHECK_FALSE(RunStep("separable_f32", {&x, &w}, {&y}, params).ok());
  CHECK_FALSE(RunStep("separable_f32", {&x, &w, nullptr, &point}, {&y}, with_group(3)).ok());
}

}  // namespace
}  // namespace kompakt::testing
