// conv_b1, pack_bits and max_pool_b1 against their definitions: windows, padding values, channel counts,
// every kind of output, threads. SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "test/native/harness.h"

namespace kompakt::testing {
namespace {

struct BitCase {
  int64_t n = 1, h = 6, w = 5, c = 64, o = 16, kh = 3, kw = 3;
  int64_t sh = 1, sw = 1, dh = 1, dw = 1, top = 1, left = 1, bottom = 1, right = 1;
  int pad_value = 0, threads = 1;
  bool slope = false, same_slope = false;  // the same: of 1, and a shift of 0
  float scale = 2.f;                       // at most
  int64_t OutH() const { return (h + top + bottom - (kh - 1) * dh - 1) / sh + 1; }
  int64_t OutW() const { return (w + left + right - (kw - 1) * dw - 1) / sw + 1; }
};

int Bit(const uint8_t* bytes, int64_t pixel, int64_t c, int64_t channel) {
  return bytes[pixel * ((c + 7) / 8) + channel / 8] >> channel % 8 & 1;
}

/// Random bits; those beyond the channels too, unless `clean`.
void FillBits(TestTensor* t, Random* random, int64_t c, bool clean) {
  t->FillU8(random);
  const int64_t bytes = (c + 7) / 8;
  if (clean && c % 8 != 0)
    for (int64_t i = bytes - 1; i < t->size(); i += bytes) t->as<uint8_t>()[i] &= (1 << c % 8) - 1;
}

int Sum(const BitCase& t, const TestTensor& x, const TestTensor& w, int64_t n, int64_t y, int64_t x0,
        int64_t o) {
  int sum = 0;
  for (int64_t ky = 0; ky < t.kh; ++ky)
    for (int64_t kx = 0; kx < t.kw; ++kx) {
      const int64_t iy = y * t.sh - t.top + ky * t.dh, ix = x0 * t.sw - t.left + kx * t.dw;
      const bool inside = iy >= 0 && iy < t.h && ix >= 0 && ix < t.w;
      for (int64_t c = 0; c < t.c; ++c) {
        const int weight = Bit(w.as<uint8_t>(), (o * t.kh + ky) * t.kw + kx, t.c, c) ? 1 : -1;
        const int value =
            inside ? (Bit(x.as<uint8_t>(), (n * t.h + iy) * t.w + ix, t.c, c) ? 1 : -1) : t.pad_value;
        sum += weight * value;
      }
    }
  return sum;
}

enum class Output { kBits, kF32, kU8 };

/// Empty when the step gives what it should, else what is wrong.
std::string Compare(const BitCase& t, Output output) {
  Random random(static_cast<uint64_t>(t.c * 31 + t.o * 7 + t.kh + t.h * 3 + t.pad_value + 5));
  const int64_t oh = t.OutH(), ow = t.OutW(), bytes = (t.c + 7) / 8;
  TestTensor x(DType::kU8, {t.n, t.h, t.w, bytes}), w(DType::kU8, {t.o, t.kh, t.kw, bytes});
  FillBits(&x, &random, t.c, false);
  FillBits(&w, &random, t.c, false);
  w.Constant(0);
  TestTensor threshold(DType::kS32, {t.o}), scale(DType::kF32, {t.o}), bias(DType::kF32, {t.o});
  TestTensor slope(DType::kF32, {t.o}), shift(DType::kF32, {t.o});
  const int reach = static_cast<int>(std::sqrt(static_cast<double>(t.c * t.kh * t.kw)));
  threshold.FillS32(&random, -reach, reach).Constant(1);
  if (t.o > 2) threshold.as<int32_t>()[0] = INT32_MAX, threshold.as<int32_t>()[1] = INT32_MIN;
  scale.FillF32(&random, -t.scale, t.scale).Constant(2);
  bias.FillF32(&random, -20.f, 20.f).Constant(3);
  slope.FillF32(&random, -1.f, 1.f).Constant(4);
  shift.FillF32(&random, -5.f, 5.f).Constant(5);
  if (t.same_slope) slope.FillF32(&random, 1.f, 1.f), shift.FillF32(&random, 0.f, 0.f);
  const bool bits = output == Output::kBits;
  TestTensor y(output == Output::kF32 ? DType::kF32 : DType::kU8, {t.n, oh, ow, bits ? (t.o + 7) / 8 : t.o});
  const auto d = [](int64_t v) { return static_cast<double>(v); };
  ParamList p;
  p.Set("strides", {d(t.sh), d(t.sw)}).Set("dilations", {d(t.dh), d(t.dw)});
  p.Set("pads", {d(t.top), d(t.left), d(t.bottom), d(t.right)}).Set("group", 1);
  p.Set("channels", d(t.c)).Set("padValue", t.pad_value).Set("yZero", 120).Set("lo", 3).Set("hi", 250);
  std::vector<TestTensor*> inputs = {&x, &w, &threshold};
  if (!bits) inputs = {&x, &w, nullptr, &scale, &bias};
  if (!bits && t.slope) inputs.insert(inputs.end(), {&slope, &shift});
  const Status status = RunStep("conv_b1", inputs, {&y}, p, t.threads, 2);
  if (!status.ok()) return status.message();
  for (int64_t pixel = 0; pixel < t.n * oh * ow; ++pixel)
    for (int64_t o = 0; o < (bits ? (t.o + 7) / 8 * 8 : t.o); ++o) {
      const int sum = o >= t.o ? 0 : Sum(t, x, w, pixel / (oh * ow), pixel / ow % oh, pixel % ow, o);
      const std::string where = std::to_string(pixel) + ":" + std::to_string(o);
      if (bits) {
        const int want = o < t.o && sum >= threshold.as<int32_t>()[o];
        if (Bit(y.as<uint8_t>(), pixel, t.o, o) != want) return where;
        continue;
      }
      float value = static_cast<float>(sum) * scale.as<float>()[o];
      value += bias.as<float>()[o];
      if (t.slope) {
        if (value < 0) value *= slope.as<float>()[o];
        value += shift.as<float>()[o];
      }
      const float byte = std::clamp(std::nearbyint(value) + 120.f, 3.f, 250.f);
      if (output == Output::kF32 && y.as<float>()[pixel * t.o + o] != value) return where;
      if (output == Output::kU8 && y.as<uint8_t>()[pixel * t.o + o] != static_cast<uint8_t>(byte))
        return where;
    }
  return "";
}

void CheckAll(const BitCase& t) {
  for (Output output : {Output::kBits, Output::kF32, Output::kU8}) CHECK(Compare(t, output) == "");
}

TEST_CASE("conv_b1: channels of every kind, as 3x3 and as a matrix product") {
  for (int64_t c : {1, 7, 8, 9, 24, 31, 32, 33, 64, 96, 127, 128, 136, 256})
    for (int64_t o : {1, 8, 19, 64}) {
      BitCase t;
      t.c = c, t.o = o;
      CheckAll(t);
      t.kh = t.kw = 1, t.top = t.left = t.bottom = t.right = 0, t.n = 2;
      CheckAll(t);
      t.n = t.h = t.w = 1;
      CheckAll(t);
    }
}

TEST_CASE("conv_b1: zero padding, and padding with 1 and -1") {
  for (int pad_value : {-1, 0, 1})
    for (int64_t c : {5, 64, 128})
      for (int64_t k : {1, 2, 3, 5}) {
        BitCase t;
        t.h = 7, t.w = 9, t.c = c, t.o = 9, t.kh = k, t.kw = k, t.pad_value = pad_value;
        t.top = 2, t.left = 1, t.bottom = 0, t.right = 3;
        CheckAll(t);
        t.slope = true, t.threads = 3;
        CheckAll(t);
      }
}

TEST_CASE("conv_b1: strides, dilations, batches, windows wholly in the padding") {
  for (int64_t stride : {1, 2, 3})
    for (int64_t dilation : {1, 2}) {
      BitCase t;
      t.n = 2, t.h = 11, t.w = 8, t.c = 128, t.o = 33, t.sh = stride, t.sw = 4 - stride, t.dh = dilation,
      t.dw = 3 - dilation;
      CheckAll(t);
      t.c = 72;
      CheckAll(t);
      t.pad_value = 1;
      CheckAll(t);
    }
  BitCase t;
  t.h = 1, t.w = 2, t.top = t.bottom = 4, t.left = t.right = 3;
  CheckAll(t);
}

TEST_CASE("conv_b1: taps and windows far apart, nearly all in the padding") {
  constexpr int64_t kFar = 1 << 16;
  BitCase t;
  t.h = 4, t.w = 5, t.c = 128, t.o = 9, t.dh = t.top = t.bottom = kFar;
  CheckAll(t);
  t.dh = 1, t.sh = kFar;
  CheckAll(t);
}

TEST_CASE("conv_b1: bands and panels over threads") {
  BitCase t;
  t.h = t.w = 30, t.c = 32, t.o = 24, t.threads = 3;
  CheckAll(t);
  t.h = t.w = 3, t.c = 64, t.o = 300;
  CheckAll(t);
  t.kh = t.kw = 1, t.h = t.w = 1, t.top = t.left = t.bottom = t.right = 0;
  CheckAll(t);
}

TEST_CASE("conv_b1: sums of a band in several parts") {
  for (int64_t o : {5, 19, 64, 70})
    for (bool slope : {false, true}) {
      BitCase t;
      t.h = t.w = 29, t.o = o, t.slope = slope;
      CheckAll(t);
    }
}

TEST_CASE("conv_b1: a slope that changes nothing, values beyond integers") {
  for (int64_t o : {8, 64, 83}) {
    BitCase t;
    t.o = o, t.slope = t.same_slope = true;
    CheckAll(t);
    t.scale = 1e9f;
    CheckAll(t);
    t.slope = false;
    CheckAll(t);
  }
}

TEST_CASE("conv_b1: empty tensors and refused ones") {
  BitCase t;
  t.n = 0;
  CheckAll(t);
  TestTensor x(DType::kU8, {1, 4, 4, 2}), w(DType::kU8, {8, 3, 3, 2}), threshold(DType::kS32, {8});
  TestTensor y(DType::kU8, {1, 2, 2, 1});
  w.Constant(0);
  threshold.Constant(1);
  const auto run = [&](double channels, int group, TestTensor* limits, TestTensor* out) {
    ParamList p;
    p.Set("strides", {1, 1}).Set("dilations", {1, 1}).Set("pads", {0, 0, 0, 0}).Set("group", group);
    p.Set("channels", channels).Set("padValue", 0).Set("yZero", 0).Set("lo", 0).Set("hi", 255);
    return RunStep("conv_b1", {&x, &w, limits}, {out}, p).ok();
  };
  CHECK(run(16, 1, &threshold, &y));
  CHECK(run(9, 1, &threshold, &y));
  CHECK_FALSE(run(8, 1, &threshold, &y));
  CHECK_FALSE(run(17, 1, &threshold, &y));
  CHECK_FALSE(run(16, 2, &threshold, &y));
  CHECK_FALSE(run(16, 1, nullptr, &y));
  TestTensor few(DType::kS32, {7}), wide(DType::kU8, {1, 2, 2, 8});
  few.Constant(2);
  CHECK_FALSE(run(16, 1, &few, &y));
  CHECK_FALSE(run(16, 1, &threshold, &wide));
}

TEST_CASE("pack_bits: thresholds, flips, NaN, every width") {
  for (int64_t c = 0; c < 140; c += c < 20 ? 1 : 7)
    for (bool bytes : {false, true}) {
      Random random(static_cast<uint64_t>(c) + 3);
      const int64_t packed = (c + 7) / 8;
      const DType dtype = bytes ? DType::kU8 : DType::kF32;
      TestTensor x(dtype, {2, 3, c}), threshold(dtype, {c}), flip(DType::kU8, {packed}),
          y(DType::kU8, {2, 3, packed});
      FillBits(&flip, &random, c, true);
      if (bytes) {
        x.FillU8(&random, 100, 110);
        threshold.FillU8(&random, 100, 110);
      } else {
        x.FillF32(&random, -1.f, 1.f);
        threshold.FillF32(&random, -1.f, 1.f);
        for (int64_t i = 0; i < x.size(); i += 5) x.as<float>()[i] = threshold.as<float>()[i % c];
        for (int64_t i = 3; i < x.size(); i += 11) x.as<float>()[i] = std::nanf("");
      }
      threshold.Constant(0);
      flip.Constant(1);
      REQUIRE(RunStep("pack_bits", {&x, &threshold, &flip}, {&y}, ParamList(), 2).ok());
      for (int64_t i = 0; i < 6 * packed * 8; ++i) {
        const int64_t row = i / (packed * 8), at = i % (packed * 8);
        bool want = false;
        if (at < c) {
          want = bytes ? x.as<uint8_t>()[row * c + at] >= threshold.as<uint8_t>()[at]
                       : x.as<float>()[row * c + at] >= threshold.as<float>()[at];
          want ^= Bit(flip.as<uint8_t>(), 0, c, at);
        }
        CHECK((y.as<uint8_t>()[i / 8] >> i % 8 & 1) == want);
      }
    }
  TestTensor x(DType::kF32, {2, 9}), threshold(DType::kF32, {9}), flip(DType::kU8, {1}),
      y(DType::kU8, {2, 2});
  CHECK_FALSE(RunStep("pack_bits", {&x, &threshold, &flip}, {&y}, ParamList()).ok());
}

TEST_CASE("max_pool_b1: a bit of some tap, padding clear") {
  for (int64_t c : {1, 3, 32, 64, 70}) {
    Random random(static_cast<uint64_t>(c));
    TestTensor x(DType::kU8, {2, 7, 6, c}), y(DType::kU8, {2, 4, 3, c});
    x.FillU8(&random);
    ParamList p;
    p.Set("kernel", {3, 2}).Set("strides", {2, 2}).Set("pads", {1, 0, 1, 0}).Set("dilations", {1, 1});
    REQUIRE(RunStep("max_pool_b1", {&x}, {&y}, p, 2).ok());
    for (int64_t i = 0; i < y.size(); ++i) {
      const int64_t channel = i % c, ox = i / c % 3, oy = i / c / 3 % 4, n = i / c / 12;
      int want = 0;
      for (int64_t iy = std::max<int64_t>(oy * 2 - 1, 0); iy < std::min<int64_t>(oy * 2 + 2, 7); ++iy)
        for (int64_t ix = ox * 2; ix < ox * 2 + 2; ++ix)
          want |= x.as<uint8_t>()[((n * 7 + iy) * 6 + ix) * c + channel];
      CHECK(y.as<uint8_t>()[i] == want);
    }
  }
}

}  // namespace
}  // namespace kompakt::testing
