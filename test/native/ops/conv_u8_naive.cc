// The oracle of the conv_u8 tests.
// SPDX-License-Identifier: Apache-2.0
#include "test/native/ops/conv_u8_naive.h"

#include <cmath>
#include <cstring>

namespace kompakt::testing {
namespace {

/// clamp(roundHalfEven(v) + zero, lo, hi) in double, from a float32 v.
uint8_t Round(float v, int zero, int lo, int hi) {
  const double r = std::nearbyint(static_cast<double>(v)) + zero;
  return static_cast<uint8_t>(std::fmin(std::fmax(r, lo), hi));
}

struct Tensors {
  explicit Tensors(const ConvCase& c)
      : x(DType::kU8, {c.n, c.h, c.w, c.c}),
        w(DType::kS8, {c.o, c.kh, c.kw, c.c / c.group}),
        bias(DType::kS32, {c.o}),
        scale(DType::kF32, {c.o}),
        weight_zero(DType::kS32, {c.o}),
        residual(DType::kU8, {c.n, c.oh(), c.ow(), c.o}),
        table(DType::kU8, {256}),
        y(c.output, {c.n, c.oh(), c.ow(), c.o}) {
    Random random(static_cast<uint64_t>(c.h * 7 + c.w * 31 + c.c * 101 + c.o * 13 + c.kh + 5 * c.kw + c.sh));
    x.FillU8(&random);
    w.FillS8(&random, c.w_low, c.w_high).Constant(1);
    bias.FillS32(&random, -20000, 20000).Constant(2);
    scale.FillF32(&random, c.scale * 0.3f, c.scale).Constant(3);
    weight_zero.FillS32(&random, c.zero_low, c.zero_high).Constant(4);
    residual.FillU8(&random);
    table.FillU8(&random).Constant(5);
    x_scale.FillF32(&random, 0.5f, 2.f);
    x_zero.FillU8(&random, c.x_zero, c.x_zero);
  }
  TestTensor x, w, bias, scale, weight_zero, residual, table, y;
  TestTensor x_scale{DType::kF32, {1}}, x_zero{DType::kU8, {}};
};

int32_t Accumulate(const ConvCase& c, const Tensors& t, int64_t n, int64_t oy, int64_t ox, int64_t o) {
  const int64_t in = c.c / c.group, g = o / (c.o / c.group);
  uint32_t acc = c.bias ? static_cast<uint32_t>(t.bias.as<int32_t>()[o]) : 0;
  for (int64_t ky = 0; ky < c.kh; ++ky)
    for (int64_t kx = 0; kx < c.kw; ++kx) {
      const int64_t y = oy * c.sh - c.pt + ky * c.dh, x = ox * c.sw - c.pl + kx * c.dw;
      if (y < 0 || y >= c.h || x < 0 || x >= c.w) continue;
      for (int64_t i = 0; i < in; ++i) {
        const int xv = t.x.as<uint8_t>()[((n * c.h + y) * c.w + x) * c.c + g * in + i] - c.x_zero;
        const int wv = t.w.as<int8_t>()[((o * c.kh + ky) * c.kw + kx) * in + i] -
                       (c.weight_zero ? t.weight_zero.as<int32_t>()[o] : 0);
        acc += static_cast<uint32_t>(xv * wv);
      }
    }
  return static_cast<int32_t>(acc);
}

}  // namespace

std::string CompareConv(const ConvCase& c) {
  Tensors t(c);
  const std::vector<double> residual = {0.75, 0.5, 100, 90, 5, 240};
  ParamList params;
  params.Set("strides", {double(c.sh), double(c.sw)}).Set("dilations", {double(c.dh), double(c.dw)});
  params.Set("pads", {double(c.pt), double(c.pl), double(c.pb), double(c.pr)}).Set("group", double(c.group));
  params.Set("xZero", c.run_time ? 0 : c.x_zero).Set("yZero", c.y_zero).Set("lo", c.lo).Set("hi", c.hi);
  params.Set("residual", c.residual ? residual : std::vector<double>{});
  const bool sums = c.output == DType::kS32;
  const Status status = RunStep("conv_u8",
                                {&t.x, &t.w, c.bias ? &t.bias : nullptr, sums ? nullptr : &t.scale,
                                 c.weight_zero ? &t.weight_zero : nullptr, c.residual ? &t.residual : nullptr,
                                 c.table ? &t.table : nullptr, c.run_time && !sums ? &t.x_scale : nullptr,
                                 c.run_time ? &t.x_zero : nullptr},
                                {&t.y}, params, c.threads, 2);
  if (!status.ok()) return status.message();
  int64_t at = 0;
  for (int64_t n = 0; n < c.n; ++n)
    for (int64_t oy = 0; oy < c.oh(); ++oy)
      for (int64_t ox = 0; ox < c.ow(); ++ox)
        for (int64_t o = 0; o < c.o; ++o, ++at) {
          const int32_t sum = Accumulate(c, t, n, oy, ox, o);
          const float scale = t.scale.as<float>()[o];
          const float value = static_cast<float>(sum) * (c.run_time ? *t.x_scale.as<float>() * scale : scale);
          bool same;
          if (sums) {
            same = sum == t.y.as<int32_t>()[at];
          } else if (c.output == DType::kF32) {
            same = std::memcmp(&value, t.y.as<float>() + at, 4) == 0;
          } else {
            uint8_t byte = Round(value, c.y_zero, c.lo, c.hi);
            if (c.residual) {
              const float left = 0.75f * static_cast<float>(byte - c.y_zero);
              const float right = 0.5f * static_cast<float>(t.residual.as<uint8_t>()[at] - 100);
              byte = Round(left + right, 90, 5, 240);
            }
            if (c.table) byte = t.table.as<uint8_t>()[byte];
            same = byte == t.y.as<uint8_t>()[at];
          }
          if (!same)
            return "differs at n " + std::to_string(n) + " y " + std::to_string(oy) + " x " +
                   std::to_string(ox) + " o " + std::to_string(o);
        }
  return "";
}

}  // namespace kompakt::testing
