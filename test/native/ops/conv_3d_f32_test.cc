// conv_3d_f32 against a plain loop with the same order of multiply-adds: equal bytes, for any number of
// threads.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <string>

#include "test/native/harness.h"

namespace kompakt::testing {
namespace {

struct Axis {
  int64_t in, kernel, stride, before, after, dilation;
  int64_t out() const { return (in + before + after - ((kernel - 1) * dilation + 1)) / stride + 1; }
  int64_t at(int64_t o, int64_t k) const { return o * stride + k * dilation - before; }
  bool inside(int64_t o, int64_t k) const { return at(o, k) >= 0 && at(o, k) < in; }
};

struct Case {
  const char* name;
  int64_t n, c, o, group;
  Axis d, h, w;
};

// clang-format off: one case a line.
const Case kCases[] = {
    {"3x3x3", 1, 16, 20, 1, {5, 3, 1, 1, 1, 1}, {6, 3, 1, 1, 1, 1}, {7, 3, 1, 1, 1, 1}},
    {"many channels", 1, 40, 9, 1, {4, 2, 1, 0, 0, 1}, {5, 2, 1, 0, 1, 1}, {6, 3, 1, 1, 0, 1}},
    {"first layer", 2, 3, 17, 1, {6, 3, 2, 1, 1, 1}, {9, 7, 2, 3, 3, 1}, {11, 7, 2, 3, 3, 1}},
    {"dilated", 1, 6, 5, 1, {9, 3, 1, 2, 2, 2}, {8, 2, 1, 0, 3, 3}, {9, 3, 1, 2, 1, 2}},
    {"frames only", 2, 12, 8, 1, {7, 3, 1, 1, 1, 1}, {4, 1, 1, 0, 0, 1}, {4, 1, 1, 0, 0, 1}},
    {"groups", 1, 12, 8, 4, {4, 3, 2, 0, 1, 1}, {5, 3, 1, 1, 1, 1}, {5, 3, 2, 1, 1, 1}},
    {"one channel a group", 1, 10, 10, 10, {4, 3, 1, 1, 1, 1}, {5, 3, 1, 1, 1, 1}, {5, 3, 1, 1, 1, 1}},
    {"depthwise, strides", 2, 37, 37, 37, {7, 3, 2, 1, 1, 1}, {9, 3, 2, 1, 1, 1}, {11, 5, 1, 2, 2, 1}},
    {"depthwise, dilated", 1, 16, 16, 16, {6, 2, 1, 0, 2, 2}, {7, 3, 1, 2, 2, 2}, {8, 3, 1, 2, 2, 2}},
    {"windows in front and behind", 1, 4, 3, 1, {1, 4, 1, 4, 4, 1}, {2, 2, 1, 2, 2, 1}, {2, 2, 1, 2, 2, 1}},
    {"no channels", 2, 0, 5, 1, {3, 2, 1, 0, 0, 1}, {3, 2, 1, 0, 0, 1}, {3, 2, 1, 0, 0, 1}},
    {"empty batch", 0, 4, 5, 1, {3, 2, 1, 0, 0, 1}, {3, 2, 1, 0, 0, 1}, {3, 2, 1, 0, 0, 1}},
};
// clang-format on

void Naive(const Case& k, const float* x, const float* w, const float* bias, const float* residual,
           float* y) {
  const int64_t depth = k.c / k.group;
  for (int64_t n = 0; n < k.n; ++n)
    for (int64_t z = 0; z < k.d.out(); ++z)
      for (int64_t r = 0; r < k.h.out(); ++r)
        for (int64_t q = 0; q < k.w.out(); ++q)
          for (int64_t o = 0; o < k.o; ++o) {
            float acc = 0;
            for (int64_t kd = 0; kd < k.d.kernel; ++kd)
              for (int64_t kh = 0; kh < k.h.kernel; ++kh)
                for (int64_t kw = 0; kw < k.w.kernel; ++kw) {
                  if (!k.d.inside(z, kd) || !k.h.inside(r, kh) || !k.w.inside(q, kw)) continue;
                  const int64_t from =
                      ((n * k.d.in + k.d.at(z, kd)) * k.h.in + k.h.at(r, kh)) * k.w.in + k.w.at(q, kw);
                  const int64_t tap = ((o * k.d.kernel + kd) * k.h.kernel + kh) * k.w.kernel + kw;
                  for (int64_t i = 0; i < depth; ++i)
                    acc = std::fma(x[from * k.c + o / (k.o / k.group) * depth + i], w[tap * depth + i], acc);
                }
            const int64_t at = (((n * k.d.out() + z) * k.h.out() + r) * k.w.out() + q) * k.o + o;
            y[at] = std::fmax(acc + bias[o] + residual[at], 0.0f);
          }
}

ParamList ParamsOf(const Case& k) {
  ParamList params;
  params.Set("strides", {double(k.h.stride), double(k.w.stride)});
  params.Set("pads", {double(k.h.before), double(k.w.before), double(k.h.after), double(k.w.after)});
  params.Set("dilations", {double(k.h.dilation), double(k.w.dilation)});
  params.Set("frames", {double(k.d.stride), double(k.d.before), double(k.d.dilation)});
  params.Set("group", double(k.group)).Set("activation", "relu").Set("alpha", 0.0).Set("beta", 0.0);
  return params;
}

TEST_CASE("conv_3d_f32 equals the plain loop") {
  for (const Case& k : kCases) {
    CAPTURE(std::string(k.name));
    Random random(static_cast<uint64_t>(&k - kCases) + 1);
    const std::vector<int64_t> out{k.n, k.d.out(), k.h.out(), k.w.out(), k.o};
    TestTensor x(DType::kF32, {k.n, k.d.in, k.h.in, k.w.in, k.c});
    TestTensor w(DType::kF32, {k.o, k.d.kernel, k.h.kernel, k.w.kernel, k.c / k.group});
    TestTensor bias(DType::kF32, {k.o}), residual(DType::kF32, out), expected(DType::kF32, out);
    x.FillF32(&random, -1, 1);
    w.FillF32(&random, -1, 1).Constant(0);
    bias.FillF32(&random, -1, 1).Constant(1);
    residual.FillF32(&random, -1, 1);
    Naive(k, x.as<float>(), w.as<float>(), bias.as<float>(), residual.as<float>(), expected.as<float>());
    for (int threads = 1; threads <= 3; ++threads) {
      CAPTURE(threads);
      TestTensor y(DType::kF32, out);
      const Status status = RunStep("conv_3d_f32", {&x, &w, &bias, &residual}, {&y}, ParamsOf(k), threads, 2);
      CHECK_MESSAGE(status.ok(), status.message());
      CHECK(std::memcmp(y.view.data, expected.view.data, y.view.bytes()) == 0);
    }
  }
}

TEST_CASE("conv_3d_f32 refuses what it cannot run") {
  const Case k{"", 1, 4, 2, 1, {3, 2, 1, 0, 0, 1}, {3, 2, 1, 0, 0, 1}, {3, 2, 1, 0, 0, 1}};
  TestTensor x(DType::kF32, {1, 3, 3, 3, 4}), w(DType::kF32, {2, 2, 2, 2, 4}),
      y(DType::kF32, {1, 2, 2, 2, 2});
  w.Constant(0);
  CHECK(RunStep("conv_3d_f32", {&x, &w}, {&y}, ParamsOf(k)).ok());
  TestTensor flat(DType::kF32, {1, 3, 9, 4}), narrow(DType::kF32, {1, 3, 3, 3, 3}), bias(DType::kF32, {3});
  CHECK_FALSE(RunStep("conv_3d_f32", {&flat, &w}, {&y}, ParamsOf(k)).ok());
  CHECK_FALSE(RunStep("conv_3d_f32", {&narrow, &w}, {&y}, ParamsOf(k)).ok());
  CHECK_FALSE(RunStep("conv_3d_f32", {&x, &w, &bias}, {&y}, ParamsOf(k)).ok());
  Case still = k;
  still.d.stride = 0;
  CHECK_FALSE(RunStep("conv_3d_f32", {&x, &w}, {&y}, ParamsOf(still)).ok());
}

}  // namespace
}  // namespace kompakt::testing
