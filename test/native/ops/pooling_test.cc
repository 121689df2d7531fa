// The pooling, reducing, normalising and resampling steps against naive loops.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "test/native/harness.h"

namespace kompakt {
namespace {

using testing::ParamList;
using testing::Random;
using testing::RunStep;
using testing::TestTensor;
using List = std::vector<double>;

int Requantise(float v, int zero, int lo, int hi) {
  const float rounded = std::nearbyint(v) + static_cast<float>(zero);
  return static_cast<int>(std::fmin(std::fmax(rounded, static_cast<float>(lo)), static_cast<float>(hi)));
}

struct Pool {
  int64_t n, h, w, c, kh, kw, sh, sw, top, left, bottom, right, dh, dw;
  int64_t oh() const { return (h + top + bottom - (kh - 1) * dh - 1) / sh + 1 + extra; }
  int64_t ow() const { return (w + left + right - (kw - 1) * dw - 1) / sw + 1 + extra; }
  int64_t extra = 0;  // ceil mode: one more window, partly beyond the padding

  template <typename Visit>
  int64_t ForTaps(int64_t y, int64_t x, const Visit& visit) const {
    int64_t padded = 0;
    for (int64_t i = 0; i < kh; ++i)
      for (int64_t j = 0; j < kw; ++j) {
        const int64_t r = y * sh - top + i * dh, q = x * sw - left + j * dw;
        if (r >= h + bottom || q >= w + right) continue;
        ++padded;
        if (r >= 0 && r < h && q >= 0 && q < w) visit((r * w + q) * c);
      }
    return padded;
  }
  ParamList Params() const {
    const auto list = [](std::initializer_list<int64_t> values) {
      return List(values.begin(), values.end());
    };
    return ParamList()
        .Set("kernel", list({kh, kw}))
        .Set("strides", list({sh, sw}))
        .Set("pads", list({top, left, bottom, right}))
        .Set("dilations", list({dh, dw}));
  }
};

const Pool kPools[] = {
    {1, 5, 7, 3, 2, 2, 2, 2, 0, 0, 0, 0, 1, 1},    {2, 9, 8, 17, 3, 3, 2, 1, 1, 1, 1, 1, 1, 1},
    {1, 6, 6, 64, 3, 2, 1, 3, 2, 0, 1, 1, 2, 1},   {1, 7, 7, 33, 7, 7, 1, 1, 0, 0, 0, 0, 1, 1},
    {2, 40, 40, 16, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1},
    {1, 6, 6, 5, 3, 3, 2, 2, 0, 0, 0, 0, 1, 1, 1}, {1, 2, 2, 4, 2, 2, 1, 1, 2, 2, 0, 0, 1, 1},
};

TEST_CASE("max_pool and average_pool steps") {
  Random random(1);
  for (const Pool& p : kPools)
    for (int include_pad : {0, 1}) {
      TestTensor f(DType::kF32, {p.n, p.h, p.w, p.c}), u(DType::kU8, {p.n, p.h, p.w, p.c});
      TestTensor max_f(DType::kF32, {p.n, p.oh(), p.ow(), p.c}),
          max_u(DType::kU8, {p.n, p.oh(), p.ow(), p.c});
      TestTensor mean_f(DType::kF32, {p.n, p.oh(), p.ow(), p.c}),
          mean_u(DType::kU8, {p.n, p.oh(), p.ow(), p.c});
      f.FillF32(&random, -2, 2), u.FillU8(&random);
      const int threads = 1 + 2 * include_pad;
      ParamList params = p.Params();
      params.Set("countIncludePad", include_pad)
          .Set("xZero", 77)
          .Set("factor", 1.3f)
          .Set("yZero", 90)
          .Set("lo", 4)
          .Set("hi", 251);
      REQUIRE(RunStep("max_pool", {&f}, {&max_f}, params, threads).ok());
      REQUIRE(RunStep("max_pool", {&u}, {&max_u}, params, threads).ok());
      REQUIRE(RunStep("average_pool_f32", {&f}, {&mean_f}, params, threads).ok());
      REQUIRE(RunStep("average_pool_u8", {&u}, {&mean_u}, params, threads).ok());
      int wrong = 0;
      int64_t at = 0;
      for (int64_t n = 0; n < p.n; ++n)
        for (int64_t y = 0; y < p.oh(); ++y)
          for (int64_t x = 0; x < p.ow(); ++x)
            for (int64_t c = 0; c < p.c; ++c, ++at) {
              float best = -INFINITY, sum = 0;
              int best_u = 0, sum_u = 0, count = 0;
              const int64_t padded = p.ForTaps(y, x, [&](int64_t offset) {
                const float v = f.as<float>()[n * p.h * p.w * p.c + offset + c];
                const int b = u.as<uint8_t>()[n * p.h * p.w * p.c + offset + c];
                best = std::max(best, v), best_u = std::max(best_u, b);
                sum += v, sum_u += b, ++count;
              });
              const float divisor = static_cast<float>(include_pad != 0 ? padded : count);
              const float mean = count == 0 ? 0.0f : sum / divisor;
              const int mean_byte =
                  count == 0
                      ? 90
                      : Requantise(static_cast<float>(sum_u - count * 77) * (1.3f / divisor), 90, 4, 251);
              wrong += max_f.as<float>()[at] != best;
              wrong += max_u.as<uint8_t>()[at] != best_u;
              wrong += mean_f.as<float>()[at] != mean;
              wrong += mean_u.as<uint8_t>()[at] != mean_byte;
            }
      CHECK(wrong == 0);
    }
}

TEST_CASE("pool steps refuse windows outside of the input") {
  TestTensor x(DType::kF32, {1, 4, 4, 2}), y(DType::kF32, {1, 5, 4, 2});
  Pool p{1, 4, 4, 2, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1};
  CHECK_FALSE(RunStep("max_pool", {&x}, {&y}, p.Params()).ok());
  p.sh = 0;
  CHECK_FALSE(RunStep("max_pool", {&x}, {&x}, p.Params()).ok());
}

TEST_CASE("max_pool: NaN never wins") {
  TestTensor x(DType::kF32, {1, 1, 3, 1}), y(DType::kF32, {1, 1, 2, 1});
  x.as<float>()[0] = NAN, x.as<float>()[1] = -5, x.as<float>()[2] = NAN;
  Pool p{1, 1, 3, 1, 1, 2, 1, 1, 0, 0, 0, 0, 1, 1};
  REQUIRE(RunStep("max_pool", {&x}, {&y}, p.Params()).ok());
  CHECK(y.as<float>()[0] == -5);
  CHECK(y.as<float>()[1] == -5);
}

struct Dims {
  int64_t outer, reduced, inner;
  List list() const {
    return {static_cast<double>(outer), static_cast<double>(reduced), static_cast<double>(inner)};
  }
};
const Dims kDims[] = {{1, 1, 1},   {3, 7, 1}, {3, 16, 1},   {2, 50, 1},  {2, 1001, 1},
                      {2, 49, 65}, {1, 3, 7}, {4, 400, 30}, {2, 9, 300}, {0, 3, 2}};

/// Sum as the contract has it.
double Sum16(const std::vector<float>& v) {
  float parts[16] = {};
  for (size_t i = 0; i < v.size(); ++i) parts[i % 16] += v[i];
  for (int w = 8; w > 0; w /= 2)
    for (int j = 0; j < w; ++j) parts[j] += parts[j + w];
  return parts[0];
}

TEST_CASE("reduce_f32 step") {
  Random random(2);
  for (const Dims& d : kDims)
    for (int threads : {1, 3}) {
      TestTensor x(DType::kF32, {d.outer, d.reduced, d.inner}), y(DType::kF32, {d.outer, d.inner});
      x.FillF32(&random, -2, 2);
      for (const char* op : {"sum", "mean", "max", "min", "prod", "l1", "l2", "sum_square", "log_sum_exp"}) {
        CAPTURE(op);
        const std::string name = op;
        REQUIRE(
            RunStep("reduce_f32", {&x}, {&y}, ParamList().Set("op", op).Set("dims", d.list()), threads).ok());
        for (int64_t o = 0; o < d.outer; ++o)
          for (int64_t i = 0; i < d.inner; ++i) {
            double sum = 0, l1 = 0, squares = 0, product = 1, exps = 0;
            float low = INFINITY, high = -INFINITY, ordered = 0;
            std::vector<float> row;
            for (int64_t r = 0; r < d.reduced; ++r) {
              const float v = x.as<float>()[(o * d.reduced + r) * d.inner + i];
              row.push_back(v), ordered += v;
              sum += v, l1 += std::fabs(v), squares += static_cast<double>(v) * v, product *= v,
                  exps += std::exp(static_cast<double>(v));
              low = std::min(low, v), high = std::max(high, v);
            }
            const float got = y.as<float>()[o * d.inner + i];
            if (name == "sum") REQUIRE(got == static_cast<float>(d.inner == 1 ? Sum16(row) : ordered));
            const double n = static_cast<double>(d.reduced);
            const double want = name == "sum"          ? sum
                                : name == "mean"       ? sum / n
                                : name == "max"        ? high
                                : name == "min"        ? low
                                : name == "prod"       ? product
                                : name == "l1"         ? l1
                                : name == "l2"         ? std::sqrt(squares)
                                : name == "sum_square" ? squares
                                                       : std::log(exps);
            REQUIRE(got == doctest::Approx(want).epsilon(1e-4).scale(name == "prod" ? 1e-30 : 1));
          }
      }
    }
}

TEST_CASE("reduce_mean_u8 step") {
  Random random(3);
  for (const Dims& d : kDims)
    for (int threads : {1, 3}) {
      TestTensor x(DType::kU8, {d.outer, d.reduced, d.inner}), y(DType::kU8, {d.outer, d.inner});
      x.FillU8(&random);
      ParamList params =
          ParamList().Set("dims", d.list()).Set("xZero", 120).Set("factor", 2.5f).Set("yZero", 60);
      REQUIRE(RunStep("reduce_mean_u8", {&x}, {&y}, params.Set("lo", 3).Set("hi", 240), threads).ok());
      int wrong = 0;
      for (int64_t o = 0; o < d.outer; ++o)
        for (int64_t i = 0; i < d.inner; ++i) {
          int sum = 0;
          for (int64_t r = 0; r < d.reduced; ++r)
            sum += x.as<uint8_t>()[(o * d.reduced + r) * d.inner + i] - 120;
          const float factor = 2.5f / static_cast<float>(d.reduced);
          wrong +=
              y.as<uint8_t>()[o * d.inner + i] != Requantise(static_cast<float>(sum) * factor, 60, 3, 240);
        }
      CHECK(wrong == 0);
    }
}

TEST_CASE("softmax steps") {
  Random random(4);
  for (const Dims& d : kDims)
    for (int threads : {1, 3}) {
      TestTensor x(DType::kF32, {d.outer, d.reduced, d.inner}), y(DType::kF32, {d.outer, d.reduced, d.inner});
      TestTensor logs(DType::kF32, {d.outer, d.reduced, d.inner});
      TestTensor bytes(DType::kU8, {d.outer, d.reduced, d.inner}),
          out(DType::kU8, {d.outer, d.reduced, d.inner});
      bytes.FillU8(&random);
      for (int64_t i = 0; i < x.size(); ++i)
        x.as<float>()[i] = static_cast<float>(bytes.as<uint8_t>()[i] - 99) * 0.07f;
      const ParamList params = ParamList().Set("dims", d.list()).Set("log", 0);
      REQUIRE(RunStep("softmax_f32", {&x}, {&y}, params, threads).ok());
      REQUIRE(RunStep("softmax_f32", {&x}, {&logs}, ParamList().Set("dims", d.list()).Set("log", 1), threads)
                  .ok());
      REQUIRE(RunStep("softmax_u8", {&bytes}, {&out},
                      ParamList()
                          .Set("dims", d.list())
                          .Set("xScale", 0.07f)
                          .Set("xZero", 99)
                          .Set("yScale", 0x1p-8)
                          .Set("yZero", 1),
                      threads)
                  .ok());
      for (int64_t o = 0; o < d.outer; ++o)
        for (int64_t i = 0; i < d.inner; ++i) {
          double sum = 0;
          for (int64_t r = 0; r < d.reduced; ++r)
            sum += std::exp(static_cast<double>(x.as<float>()[(o * d.reduced + r) * d.inner + i]));
          for (int64_t r = 0; r < d.reduced; ++r) {
            const int64_t at = (o * d.reduced + r) * d.inner + i;
            const double want = std::exp(static_cast<double>(x.as<float>()[at])) / sum;
            REQUIRE(std::fabs(y.as<float>()[at] - want) <= 3e-6 * want + 1e-9);
            REQUIRE(std::fabs(logs.as<float>()[at] - std::log(want)) <= 1e-5);
            REQUIRE(out.as<uint8_t>()[at] == Requantise(y.as<float>()[at] * 256.0f, 1, 0, 255));
          }
        }
      REQUIRE(RunStep("softmax_f32", {&x}, {&x}, params, threads).ok());
      CHECK(std::memcmp(x.view.data, y.view.data, y.view.bytes()) == 0);
    }
}

TEST_CASE("layer_norm_f32 step") {
  Random random(5);
  for (int64_t n : {1, 5, 16, 100, 769})
    for (int threads : {1, 3}) {
      TestTensor x(DType::kF32, {37, n}), y(DType::kF32, {37, n}), scale(DType::kF32, {n}),
          bias(DType::kF32, {n});
      x.FillF32(&random, -2, 3), scale.FillF32(&random, -2, 2), bias.FillF32(&random, -2, 2);
      for (bool affine : {false, true}) {
        REQUIRE(RunStep("layer_norm_f32", {&x, affine ? &scale : nullptr, affine ? &bias : nullptr}, {&y},
                        ParamList().Set("epsilon", 1e-3), threads)
                    .ok());
        for (int64_t r = 0; r < 37; ++r) {
          double mean = 0, variance = 0;
          for (int64_t i = 0; i < n; ++i) mean += x.as<float>()[r * n + i] / static_cast<double>(n);
          for (int64_t i = 0; i < n; ++i)
            variance += std::pow(x.as<float>()[r * n + i] - mean, 2) / static_cast<double>(n);
          for (int64_t i = 0; i < n; ++i) {
            double want = (x.as<float>()[r * n + i] - mean) / std::sqrt(variance + 1e-3);
            if (affine) want = want * scale.as<float>()[i] + bias.as<float>()[i];
            REQUIRE(std::fabs(y.as<float>()[r * n + i] - want) < 1e-5);
          }
        }
      }
    }
}

TEST_CASE("resize step: nearest and linear, float32 and bytes") {
  Random random(6);
  for (int64_t c : {1, 3, 16, 35})
    for (int taps : {1, 2})
      for (DType dtype : {DType::kF32, DType::kU8}) {
        const int64_t h = 5, w = 7, oh = 11, ow = 6;
        TestTensor x(dtype, {2, h, w, c}), y(dtype, {2, oh, ow, c});
        TestTensor hi(DType::kS32, {oh, taps}), hw(DType::kF32, {oh, taps}), wi(DType::kS32, {ow, taps}),
            ww(DType::kF32, {ow, taps});
        if (dtype == DType::kU8)
          x.FillU8(&random);
        else
          x.FillF32(&random, -1, 1);
        hi.FillS32(&random, 0, h - 1).Constant(0), wi.FillS32(&random, 0, w - 1).Constant(2);
        hw.FillF32(&random, 0, 1).Constant(1), ww.FillF32(&random, 0, 1).Constant(3);
        REQUIRE(RunStep("resize", {&x, &hi, &hw, &wi, &ww}, {&y}, ParamList(), 3).ok());
        const auto at = [&](int64_t n, int64_t r, int64_t q, int64_t k) {
          const int64_t i = ((n * h + r) * w + q) * c + k;
          return dtype == DType::kU8 ? static_cast<float>(x.as<uint8_t>()[i]) : x.as<float>()[i];
        };
        int wrong = 0;
        for (int64_t i = 0; i < y.size(); ++i) {
          const int64_t k = i % c, q = i / c % ow, r = i / c / ow % oh, n = i / c / ow / oh;
          float sum = 0;
          for (int t = 0; t < taps; ++t) {
            float row = 0;
            for (int v = 0; v < taps; ++v)
              row += ww.as<float>()[q * taps + v] *
                     at(n, hi.as<int32_t>()[r * taps + t], wi.as<int32_t>()[q * taps + v], k);
            sum += hw.as<float>()[r * taps + t] * row;
          }
          if (taps == 1) sum = at(n, hi.as<int32_t>()[r], wi.as<int32_t>()[q], k);
          if (dtype == DType::kU8)
            wrong += y.as<uint8_t>()[i] != Requantise(sum, 0, 0, 255);
          else
            wrong += y.as<float>()[i] != sum;
        }
        CHECK(wrong == 0);
        hi.as<int32_t>()[0] = static_cast<int32_t>(h);
        CHECK_FALSE(RunStep("resize", {&x, &hi, &hw, &wi, &ww}, {&y}, ParamList()).ok());
      }
}

}  // namespace
}  // namespace kompakt
