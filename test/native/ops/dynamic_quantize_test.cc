// dynamic_quantize against its formula, and conv_u8 with a scale and zero point that come at run time against
// conv_u8 with the same ones as constants.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "test/native/harness.h"

namespace kompakt::testing {
namespace {

void CheckDynamic(TestTensor* x, int threads) {
  TestTensor y(DType::kU8, {x->size()}), scale(DType::kF32, std::vector<int64_t>{}), zero(DType::kU8, {1});
  const Status status = RunStep("dynamic_quantize", {x}, {&y, &scale, &zero}, ParamList(), threads, 2);
  CHECK_MESSAGE(status.ok(), status.message());
  float low = 0, high = 0;
  for (int64_t i = 0; i < x->size(); ++i) {
    low = std::min(low, x->as<float>()[i]);
    high = std::max(high, x->as<float>()[i]);
  }
  const float s = low == high ? 1.0f : (high - low) / 255.0f;
  const float z = std::min(255.0f, std::max(0.0f, std::nearbyint(-low / s)));
  CHECK(*scale.as<float>() == s);
  CHECK(static_cast<float>(zero.view.data[0]) == z);
  int64_t wrong = 0;
  for (int64_t i = 0; i < x->size(); ++i) {
    const float want = std::nearbyint(x->as<float>()[i] / s) + z;
    wrong += static_cast<float>(y.view.data[i]) != std::min(255.0f, std::max(0.0f, want));
  }
  CHECK(wrong == 0);
}

TEST_CASE("dynamic_quantize takes the range of the values") {
  const std::pair<float, float> ranges[] = {{-1, 1}, {0, 6}, {2, 3}, {-5, -4}, {-0.001f, 1000}};
  for (int64_t size : {0, 1, 15, 16, 17, 1009, 16384, 16385, 70001})
    for (const auto& range : ranges)
      for (int threads : {1, 3}) {
        CAPTURE(size);
        CAPTURE(range.first);
        Random random(static_cast<uint64_t>(size) + 1);
        TestTensor x(DType::kF32, {size});
        x.FillF32(&random, range.first, range.second);
        CheckDynamic(&x, threads);
      }
}

TEST_CASE("dynamic_quantize of zeros has scale 1") {
  TestTensor x(DType::kF32, {40});
  std::memset(x.view.data, 0, x.view.bytes());
  CheckDynamic(&x, 1);
}

TEST_CASE("dynamic_quantize survives values that are not finite") {
  for (const float odd : {NAN, INFINITY, -INFINITY}) {
    Random random(7);
    TestTensor x(DType::kF32, {33}), y(DType::kU8, {33}), scale(DType::kF32, {1}), zero(DType::kU8, {1});
    x.FillF32(&random, -1, 1);
    x.as<float>()[20] = odd;
    CHECK(RunStep("dynamic_quantize", {&x}, {&y, &scale, &zero}, ParamList()).ok());
  }
}

struct Conv {
  int64_t size, in, out, kernel, group;
};

TEST_CASE("conv_u8 with a run-time scale equals conv_u8 with a constant one") {
  for (const Conv& c :
       {Conv{9, 5, 17, 3, 1}, Conv{6, 8, 12, 1, 1}, Conv{7, 6, 9, 3, 3}, Conv{11, 33, 33, 3, 33}})
    for (int threads : {1, 3}) {
      CAPTURE(c.out);
      Random random(static_cast<uint64_t>(c.in));
      TestTensor x(DType::kU8, {1, c.size, c.size, c.in});
      TestTensor w(DType::kS8, {c.out, c.kernel, c.kernel, c.in / c.group});
      TestTensor scale(DType::kF32, {c.out}), product(DType::kF32, {c.out});
      TestTensor x_scale(DType::kF32, {1}), x_zero(DType::kU8, {1});
      x.FillU8(&random);
      w.FillS8(&random).Constant(0);
      scale.FillF32(&random, 0.001f, 0.01f).Constant(1);
      product.Constant(2);
      TestTensor weight_zero(DType::kS32, {c.out});
      weight_zero.FillS32(&random, 100, 100).Constant(3);
      // Zero points that the weights share where there are three threads.
      TestTensor* zeros = threads == 3 ? &weight_zero : nullptr;
      ParamList live, fixed;
      const double pad = static_cast<double>(c.kernel / 2);
      for (ParamList* p : {&live, &fixed})
        p->Set("strides", {1, 1}).Set("dilations", {1, 1}).Set("pads", {pad, pad, pad, pad});
      for (ParamList* p : {&live, &fixed})
        p->Set("group", static_cast<double>(c.group)).Set("yZero", 0).Set("lo", 0).Set("hi", 255);
      for (ParamList* p : {&live, &fixed}) p->Set("residual", std::vector<double>{});
      for (int zero : {0, 77, 255}) {
        *x_scale.as<float>() = 0.037f * static_cast<float>(zero + 1);
        *x_zero.view.data = static_cast<uint8_t>(zero);
        for (int64_t o = 0; o < c.out; ++o)
          product.as<float>()[o] = *x_scale.as<float>() * scale.as<float>()[o];
        live.Set("xZero", 0);
        ParamList constant = fixed;
        constant.Set("xZero", zero);
        TestTensor y(DType::kF32, {1, c.size, c.size, c.out}), want(DType::kF32, {1, c.size, c.size, c.out});
        const Status first =
            RunStep("conv_u8", {&x, &w, nullptr, &product, zeros}, {&want}, constant, threads);
        CHECK_MESSAGE(first.ok(), first.message());
        const Status second =
            RunStep("conv_u8", {&x, &w, nullptr, &scale, zeros, nullptr, nullptr, &x_scale, &x_zero}, {&y},
                    live, threads, 2);
        CHECK_MESSAGE(second.ok(), second.message());
        CHECK(std::memcmp(y.view.data, want.view.data, y.view.bytes()) == 0);
      }
    }
}

TEST_CASE("conv_u8 with a run-time scale refuses a byte output") {
  TestTensor x(DType::kU8, {1, 2, 2, 4}), w(DType::kS8, {3, 1, 1, 4}), scale(DType::kF32, {3});
  TestTensor x_scale(DType::kF32, {1}), x_zero(DType::kU8, {1}), y(DType::kU8, {1, 2, 2, 3});
  w.Constant(0);
  scale.Constant(1);
  for (int i = 0; i < 3; ++i) scale.as<float>()[i] = 1;
  ParamList p;
  p.Set("strides", {1, 1}).Set("dilations", {1, 1}).Set("pads", {0, 0, 0, 0}).Set("group", 1).Set("xZero", 0);
  p.Set("yZero", 0).Set("lo", 0).Set("hi", 255).Set("residual", std::vector<double>{});
  CHECK_FALSE(
      RunStep("conv_u8", {&x, &w, nullptr, &scale, nullptr, nullptr, nullptr, &x_scale, &x_zero}, {&y}, p)
          .ok());
}

}  // namespace
}  // namespace kompakt::testing
