// conv_f32 against a plain loop with the same order of multiply-adds: equal bytes for every shape,
// tier-independent and for any number of threads.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <string>

#include "native/kernels/unary_f32/unary_f32.h"
#include "test/native/harness.h"

namespace kompakt::testing {
namespace {

struct Case {
  const char* name;
  int64_t n, h, w, c, o, kh, kw, group;
  std::vector<double> strides, pads, dilations;
  bool bias, residual;
  const char* activation;
  double alpha, beta;
};

// clang-format off: one case a line.
const Case kCases[] = {
    {"pointwise", 1, 7, 7, 19, 33, 1, 1, 1, {1, 1}, {0, 0, 0, 0}, {1, 1}, true, false, "none", 0, 0},
    {"pointwise wide", 1, 14, 13, 64, 96, 1, 1, 1, {1, 1}, {0, 0, 0, 0}, {1, 1}, true, true, "relu", 0, 0},
    {"pointwise strided", 1, 9, 8, 24, 17, 1, 1, 1, {2, 2}, {0, 0, 0, 0}, {1, 1}, false, false, "none", 0, 0},
    {"3x3", 1, 10, 11, 16, 48, 3, 3, 1, {1, 1}, {1, 1, 1, 1}, {1, 1}, true, false, "hard_swish", 0, 0},
    {"3x3 stride 2, batch", 3, 9, 7, 12, 31, 3, 3, 1, {2, 2}, {0, 0, 1, 1}, {1, 1}, true, true, "clip", 0, 6},
    {"3x3 dilated", 1, 13, 13, 9, 16, 3, 3, 1, {1, 1}, {2, 2, 2, 2}, {2, 2}, true, false, "silu", 1, 0},
    {"first layer", 2, 17, 19, 3, 16, 3, 3, 1, {2, 2}, {1, 1, 1, 1}, {1, 1}, true, false, "leaky_relu", 0.1, 0},
    {"first layer 7x7", 1, 23, 23, 3, 64, 7, 7, 1, {2, 2}, {3, 3, 3, 3}, {1, 1}, true, false, "relu", 0, 0},
    {"few channels, dilated", 1, 12, 15, 5, 8, 3, 3, 1, {1, 1}, {2, 2, 2, 2}, {2, 2}, true, false, "none", 0, 0},
    {"1x5 window", 1, 1, 50, 1, 8, 1, 5, 1, {1, 3}, {0, 2, 0, 2}, {1, 1}, false, false, "hard_sigmoid", 0.2, 0.5},
    {"groups", 1, 8, 8, 12, 20, 3, 3, 4, {1, 1}, {1, 1, 1, 1}, {1, 1}, true, true, "tanh", 0, 0},
    {"groups of one channel", 1, 6, 6, 4, 8, 3, 3, 4, {1, 1}, {1, 1, 1, 1}, {1, 1}, true, false, "none", 0, 0},
    {"pads wider than the input", 1, 2, 2, 17, 5, 5, 5, 1, {1, 1}, {4, 4, 4, 4}, {1, 1}, true, false, "none", 0, 0},
    {"one pixel", 1, 1, 1, 130, 67, 1, 1, 1, {1, 1}, {0, 0, 0, 0}, {1, 1}, true, false, "relu", 0, 0},
    {"deep", 1, 5, 5, 200, 40, 3, 3, 1, {1, 1}, {1, 1, 1, 1}, {1, 1}, true, false, "relu", 0, 0},
    {"no channels", 2, 5, 6, 0, 7, 3, 3, 1, {1, 1}, {1, 1, 1, 1}, {1, 1}, true, true, "relu", 0, 0},
    {"no channels in groups", 1, 5, 6, 0, 8, 3, 2, 4, {2, 1}, {1, 0, 1, 1}, {1, 1}, false, false, "none", 0, 0},
    {"empty batch", 0, 5, 5, 8, 8, 3, 3, 1, {1, 1}, {1, 1, 1, 1}, {1, 1}, true, false, "relu", 0, 0},
    {"depthwise 3x3", 1, 11, 13, 24, 24, 3, 3, 24, {1, 1}, {1, 1, 1, 1}, {1, 1}, true, false, "relu", 0, 0},
    {"depthwise 3x3 wide", 2, 6, 37, 35, 35, 3, 3, 35, {1, 1}, {1, 1, 1, 1}, {1, 1}, true, true, "clip", 0, 6},
    {"depthwise 3x3 stride 2", 1, 15, 31, 40, 40, 3, 3, 40, {2, 2}, {0, 0, 1, 1}, {1, 1}, true, false, "none", 0, 0},
    {"depthwise 5x5", 1, 14, 14, 16, 16, 5, 5, 16, {1, 1}, {2, 2, 2, 2}, {1, 1}, true, false, "hard_swish", 0, 0},
    {"depthwise 5x5 stride 2", 1, 14, 27, 7, 7, 5, 5, 7, {2, 2}, {2, 2, 2, 2}, {1, 1}, false, false, "silu", 1, 0},
    {"depthwise stride (2,1)", 1, 12, 20, 18, 18, 3, 3, 18, {2, 1}, {1, 1, 1, 1}, {1, 1}, true, false, "none", 0, 0},
    {"depthwise 7x7", 1, 9, 9, 10, 10, 7, 7, 10, {1, 1}, {3, 3, 3, 3}, {1, 1}, true, false, "none", 0, 0},
    {"depthwise dilated", 1, 12, 12, 21, 21, 3, 3, 21, {1, 1}, {2, 2, 2, 2}, {2, 2}, true, false, "none", 0, 0},
    {"depthwise narrower than its window", 1, 2, 2, 8, 8, 5, 5, 8, {1, 1}, {2, 2, 2, 2}, {1, 1}, true, false, "none", 0, 0},
    {"depthwise in blocks of channels", 1, 18, 50, 150, 150, 3, 3, 150, {1, 1}, {1, 1, 1, 1}, {1, 1}, true, true, "silu", 1, 0},
    {"depthwise 1x1", 1, 3, 9, 5, 5, 1, 1, 5, {1, 1}, {0, 0, 0, 0}, {1, 1}, true, false, "none", 0, 0},
    {"single channel", 1, 28, 28, 1, 1, 5, 5, 1, {1, 1}, {2, 2, 2, 2}, {1, 1}, true, false, "none", 0, 0},
};
// clang-format on

void Naive(const Case& k, const TestTensor& x, const TestTensor& w, const TestTensor* bias,
           const TestTensor* residual, TestTensor* y) {
  const int64_t depth = k.c / k.group, oh = y->view.dims[1], ow = y->view.dims[2];
  UnaryOp op;
  REQUIRE(ParseUnaryKind(k.activation, &op.kind));
  op.alpha = static_cast<float>(k.alpha), op.beta = static_cast<float>(k.beta);
  float* out = y->as<float>();
  for (int64_t n = 0; n < k.n; ++n)
    for (int64_t oy = 0; oy < oh; ++oy)
      for (int64_t ox = 0; ox < ow; ++ox)
        for (int64_t o = 0; o < k.o; ++o) {
          float acc = 0;
          for (int64_t ky = 0; ky < k.kh; ++ky)
            for (int64_t kx = 0; kx < k.kw; ++kx) {
              const int64_t iy =
                  oy * int64_t(k.strides[0]) + ky * int64_t(k.dilations[0]) - int64_t(k.pads[0]);
              const int64_t ix =
                  ox * int64_t(k.strides[1]) + kx * int64_t(k.dilations[1]) - int64_t(k.pads[1]);
              if (iy < 0 || ix < 0 || iy >= k.h || ix >= k.w) continue;
              for (int64_t i = 0; i < depth; ++i)
                acc = std::fma(
                    x.as<float>()[((n * k.h + iy) * k.w + ix) * k.c + o / (k.o / k.group) * depth + i],
                    w.as<float>()[((o * k.kh + ky) * k.kw + kx) * depth + i], acc);
            }
          const int64_t at = ((n * oh + oy) * ow + ox) * k.o + o;
          if (bias != nullptr) acc += bias->as<float>()[o];
          if (residual != nullptr) acc += residual->as<float>()[at];
          UnaryF32(op, &acc, out + at, 1);
        }
}

int64_t OutSize(int64_t in, int64_t kernel, double stride, double dilation, double before, double after) {
  return (in + int64_t(before) + int64_t(after) - ((kernel - 1) * int64_t(dilation) + 1)) / int64_t(stride) +
         1;
}

TEST_CASE("conv_f32 equals the plain loop") {
  for (const Case& k : kCases) {
    CAPTURE(std::string(k.name));
    Random random(static_cast<uint64_t>(&k - kCases) + 1);
    const int64_t oh = OutSize(k.h, k.kh, k.strides[0], k.dilations[0], k.pads[0], k.pads[2]);
    const int64_t ow = OutSize(k.w, k.kw, k.strides[1], k.dilations[1], k.pads[1], k.pads[3]);
    TestTensor x(DType::kF32, {k.n, k.h, k.w, k.c}), w(DType::kF32, {k.o, k.kh, k.kw, k.c / k.group});
    TestTensor bias(DType::kF32, {k.o}), residual(DType::kF32, {k.n, oh, ow, k.o});
    TestTensor expected(DType::kF32, {k.n, oh, ow, k.o});
    x.FillF32(&random, -1, 1);
    w.FillF32(&random, -1, 1).Constant(0);
    bias.FillF32(&random, -1, 1).Constant(1);
    residual.FillF32(&random, -1, 1);
    Naive(k, x, w, k.bias ? &bias : nullptr, k.residual ? &residual : nullptr, &expected);
    ParamList params;
    params.Set("strides", k.strides).Set("pads", k.pads).Set("dilations", k.dilations);
    params.Set("group", double(k.group)).Set("activation", k.activation);
    params.Set("alpha", k.alpha).Set("beta", k.beta);
    for (int threads = 1; threads <= 4; ++threads) {
      CAPTURE(threads);
      TestTensor y(DType::kF32, {k.n, oh, ow, k.o});
      const Status status =
          RunStep("conv_f32", {&x, &w, k.bias ? &bias : nullptr, k.residual ? &residual : nullptr}, {&y},
                  params, threads, 2);
      CHECK_MESSAGE(status.ok(), status.message());
      CHECK(std::memcmp(y.view.data, expected.view.data, y.view.bytes()) == 0);
    }
  }
}

TEST_CASE("conv_f32 refuses what it cannot run") {
  TestTensor x(DType::kF32, {1, 4, 4, 6}), w(DType::kF32, {4, 3, 3, 4}), y(DType::kF32, {1, 4, 4, 4});
  w.Constant(0);
  ParamList params;
  params.Set("strides", {1, 1}).Set("pads", {1, 1, 1, 1}).Set("dilations", {1, 1}).Set("group", 1.0);
  params.Set("activation", "none").Set("alpha", 0.0).Set("beta", 0.0);
  CHECK_FALSE(RunStep("conv_f32", {&x, &w}, {&y}, params).ok());  // 6 channels, weights for 4
  TestTensor narrow(DType::kF32, {1, 4, 4, 4});
  CHECK(RunStep("conv_f32", {&narrow, &w}, {&y}, params).ok());
  TestTensor bias(DType::kF32, {3});
  CHECK_FALSE(RunStep("conv_f32", {&narrow, &w, &bias}, {&y}, params).ok());
}

}  // namespace
}  // namespace kompakt::testing
