// conv_u8 against its definition: windows, groups, zero points, fused residual and table, threads.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "test/native/ops/conv_u8_naive.h"

namespace kompakt::testing {
namespace {

/// The case with f32 and with s32 output, zero point and scale of x known and not.
void CheckWords(ConvCase t) {
  t.residual = t.table = false;
  for (DType output : {DType::kF32, DType::kS32})
    for (bool run_time : {false, true}) {
      t.output = output, t.run_time = run_time, t.bias = !run_time;
      CHECK(CompareConv(t) == "");
    }
}

TEST_CASE("conv_u8: pointwise, and as a matrix product") {
  for (int64_t c : {1, 3, 4, 16, 24, 67})
    for (int64_t o : {1, 8, 16, 24, 65}) {
      ConvCase t;
      t.c = c, t.o = o, t.kh = t.kw = 1, t.n = 2, t.h = 7, t.w = 9;
      CHECK(CompareConv(t) == "");
      t.n = t.h = 1, t.w = 1;
      CHECK(CompareConv(t) == "");
      t.w = 100, t.threads = 3;
      CHECK(CompareConv(t) == "");
      CheckWords(t);
    }
}

TEST_CASE("conv_u8: windows, strides, dilations and uneven pads") {
  for (int64_t k : {1, 2, 3, 5, 7})
    for (int64_t stride : {1, 2, 3})
      for (int64_t c : {1, 3, 8}) {
        ConvCase t;
        t.h = 13, t.w = 11, t.c = c, t.o = 19, t.kh = t.kw = k, t.sh = t.sw = stride;
        CHECK(CompareConv(t) == "");
        t.pt = 1, t.pl = 2, t.pb = 0, t.pr = 3, t.n = 2;
        CHECK(CompareConv(t) == "");
        t.sw = 1, t.threads = 3;
        CHECK(CompareConv(t) == "");
      }
  ConvCase dilated;
  dilated.h = 17, dilated.w = 15, dilated.c = 5, dilated.o = 6, dilated.dh = 2, dilated.dw = 3;
  dilated.pt = dilated.pl = dilated.pb = dilated.pr = 2;
  CHECK(CompareConv(dilated) == "");
  ConvCase audio;
  audio.h = 1, audio.w = 50, audio.c = 12, audio.o = 10, audio.kh = 1, audio.kw = 9, audio.pl = audio.pr = 4;
  CHECK(CompareConv(audio) == "");
}

TEST_CASE("conv_u8: groups") {
  for (int64_t group : {2, 3, 6}) {
    ConvCase t;
    t.c = 12, t.o = 18, t.group = group, t.pt = t.pl = t.pb = t.pr = 1, t.h = t.w = 8;
    CHECK(CompareConv(t) == "");
    CheckWords(t);
    t.residual = t.table = true, t.threads = 3;
    CHECK(CompareConv(t) == "");
  }
  ConvCase multiplied;
  multiplied.c = multiplied.group = 6, multiplied.o = 12;
  CHECK(CompareConv(multiplied) == "");
}

TEST_CASE("conv_u8: depthwise") {
  for (int64_t c : {1, 8, 15, 16, 17, 33, 64, 144})
    for (int64_t k : {1, 2, 3, 4, 5, 7})
      for (int64_t stride : {1, 2}) {
        ConvCase t;
        t.h = 11, t.w = 12, t.c = t.o = t.group = c, t.kh = t.kw = k, t.sh = t.sw = stride;
        CHECK(CompareConv(t) == "");
        t.pt = t.pl = k / 2, t.pb = t.pr = (k - 1) / 2, t.n = 2, t.threads = 3;
        t.w_low = -64, t.w_high = 64;
        CHECK(CompareConv(t) == "");
      }
  for (int variant = 0; variant < 8; ++variant) {
    ConvCase t;
    t.h = 9, t.w = 7, t.c = t.o = t.group = 40, t.kh = 3, t.kw = 5, t.pl = 4, t.pt = 3, t.pb = 1;
    t.dh = 1 + (variant & 1), t.residual = variant & 2, t.table = variant & 4, t.bias = variant & 1;
    CHECK(CompareConv(t) == "");
    CheckWords(t);
    // Several chunks of channels, the last one not whole; weights of up to 9 bits.
    t.w = 60, t.c = t.o = t.group = 147, t.sh = t.sw = 1 + (variant & 1);
    t.residual = t.table = false, t.output = variant & 2 ? DType::kF32 : DType::kU8;
    t.weight_zero = variant & 4, t.w_low = -128, t.threads = 2;
    CHECK(CompareConv(t) == "");
    CheckWords(t);
  }
  ConvCase t;
  t.c = t.o = t.group = 20, t.w = 31;
  t.scale = 3000.f;
  CHECK(CompareConv(t) == "");
  t.scale = 0.01f, t.w_low = t.w_high = -128;
  CHECK(CompareConv(t) == "");
  t.w_low = -128, t.w_high = 127, t.weight_zero = true;
  CHECK(CompareConv(t) == "");
  CheckWords(t);
  t.kh = 1, t.kw = 31, t.weight_zero = false, t.pl = t.pr = 40;  // columns wholly in the padding
  CHECK(CompareConv(t) == "");
}

TEST_CASE("conv_u8: weight zero points, -128 and large scales") {
  ConvCase t;
  t.c = 20, t.o = 9;
  t.weight_zero = true, t.w_low = -128;
  CHECK(CompareConv(t) == "");
  t.weight_zero = false, t.w_high = -128;
  CHECK(CompareConv(t) == "");
  t.w_low = -3, t.w_high = 3;
  for (float scale : {1.5f, 4096.f, 1e30f}) {
    t.scale = scale;
    CHECK(CompareConv(t) == "");
    t.threads = 2;
    CHECK(CompareConv(t) == "");
  }
}

TEST_CASE("conv_u8: one weight zero point, as uint8 weights have") {
  for (int zero : {-128, -1, 5, 127})
    for (int64_t k : {1, 2, 3, 5})
      for (int64_t stride : {1, 2}) {
        ConvCase t;
        t.h = 13, t.w = 11, t.c = k == 2 ? 1 : 21, t.o = 19, t.kh = t.kw = k, t.sh = t.sw = stride;
        // Both ends of int8, and one value less, which kernels without -128 hold too.
        t.w_low = zero == 5 ? -127 : -128, t.weight_zero = true, t.zero_low = t.zero_high = zero;
        CHECK(CompareConv(t) == "");
        t.pt = t.pl = k / 2, t.pb = 1, t.pr = 2, t.n = 2, t.threads = 3;
        CHECK(CompareConv(t) == "");
        t.dh = 2;
        CheckWords(t);
        t.w = t.kw;  // one output column where nothing pads
        t.pl = t.pr = 0, t.scale = 3000.f;
        CHECK(CompareConv(t) == "");
        t.dh = 1, t.dw = 2, t.w = 17;
        CHECK(CompareConv(t) == "");
      }
  for (int64_t group : {1, 2}) {
    ConvCase t;  // zero points of channels that differ, but not by much; small sums from 0 on
    t.c = 32, t.o = 34, t.kh = t.kw = 1, t.h = t.w = 20, t.group = group;
    t.w_low = 0, t.w_high = 100, t.weight_zero = true, t.zero_low = -60, t.zero_high = -40;
    t.lo = 0, t.y_zero = 0;
    CHECK(CompareConv(t) == "");
    CheckWords(t);
  }
}

TEST_CASE("conv_u8: clamps, residual, table, f32 and s32 output") {
  for (int variant = 0; variant < 16; ++variant) {
    ConvCase t;
    t.h = 9, t.w = 8, t.c = 16, t.o = 35, t.pt = t.pl = t.pb = t.pr = 1, t.sh = t.sw = 1 + variant % 2;
    t.bias = variant & 1, t.residual = variant & 2, t.table = variant & 4, t.threads = variant & 8 ? 3 : 1;
    t.lo = 121, t.hi = 200;
    CHECK(CompareConv(t) == "");
    CheckWords(t);
  }
}

TEST_CASE("conv_u8: bands and panel groups over threads") {
  ConvCase t;
  t.h = t.w = 40, t.c = 16, t.o = 16, t.pt = t.pl = t.pb = t.pr = 1, t.threads = 3;
  CHECK(CompareConv(t) == "");
  t.h = t.w = 4, t.c = 64, t.o = 300, t.residual = true;
  CHECK(CompareConv(t) == "");
  t.kh = t.kw = 1, t.h = 1, t.w = 1, t.pt = t.pl = t.pb = t.pr = 0;
  CHECK(CompareConv(t) == "");
}

TEST_CASE("conv_u8: empty tensors and refused shapes") {
  ConvCase t;
  t.n = 0;
  CHECK(CompareConv(t) == "");
  TestTensor x(DType::kU8, {1, 4, 4, 3}), w(DType::kS8, {2, 3, 3, 4}), scale(DType::kF32, {2}),
      y(DType::kU8, {1, 2, 2, 2});
  w.Constant(0);
  scale.Constant(1);
  ParamList params;
  params.Set("strides", {1, 1}).Set("dilations", {1, 1}).Set("pads", {0, 0, 0, 0}).Set("group", 1);
  params.Set("xZero", 0).Set("yZero", 0).Set("lo", 0).Set("hi", 255).Set("residual", std::vector<double>{});
  CHECK_FALSE(RunStep("conv_u8", {&x, &w, nullptr, &scale}, {&y}, params).ok());

  TestTensor kernel(DType::kS8, {2, 3, 3, 3}), sums(DType::kS32, {1, 2, 2, 2}), zero(DType::kU8, {1}),
      x_scale(DType::kF32, {1});
  kernel.Constant(0);
  const auto run = [&](TestTensor* s, TestTensor* run_time_scale, TestTensor* out) {
    return RunStep("conv_u8", {&x, &kernel, nullptr, s, nullptr, nullptr, nullptr, run_time_scale, &zero},
                   {out}, params)
        .ok();
  };
  CHECK(run(nullptr, nullptr, &sums));
  CHECK_FALSE(run(&scale, nullptr, &sums));
  CHECK_FALSE(run(nullptr, &x_scale, &sums));
  CHECK_FALSE(run(&scale, nullptr, &y));
  CHECK_FALSE(run(&scale, &x_scale, &y));
  CHECK_FALSE(RunStep("conv_transpose_u8", {&x, &kernel}, {&sums}, params).ok());
}

}  // namespace
}  // namespace kompakt::testing
