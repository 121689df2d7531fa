// conv_transpose_u8 against its definition, written as a scatter.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include "native/kernels/requantize/requantize.h"
#include "test/native/harness.h"

namespace kompakt::testing {
namespace {

struct TransposeCase {
  int64_t n = 1, h = 4, w = 5, c = 6, o = 7, k = 3, stride = 2, pad = 1, dilation = 1, group = 1, extra = 0;
  float scale = 0.002f;
  bool to_f32 = false;
  int threads = 1;
};

std::string Compare(const TransposeCase& c) {
  const int64_t oh = (c.h - 1) * c.stride + (c.k - 1) * c.dilation + 1 - 2 * c.pad + c.extra;
  const int64_t ow = (c.w - 1) * c.stride + (c.k - 1) * c.dilation + 1 - 2 * c.pad + c.extra;
  const int64_t in = c.c / c.group, out = c.o / c.group;
  Random random(static_cast<uint64_t>(c.h + 10 * c.k + 100 * c.stride));
  TestTensor x(DType::kU8, {c.n, c.h, c.w, c.c}), w(DType::kS8, {c.o, c.k, c.k, in}),
      bias(DType::kS32, {c.o});
  TestTensor scale(DType::kF32, {c.o}), y(c.to_f32 ? DType::kF32 : DType::kU8, {c.n, oh, ow, c.o});
  x.FillU8(&random);
  w.FillS8(&random, -128, 127).Constant(0);
  bias.FillS32(&random, -9000, 9000).Constant(1);
  scale.FillF32(&random, c.scale * 0.5f, c.scale).Constant(2);
  const OutputRange range = {120, 0, 250};
  ParamList params;
  const double pad = static_cast<double>(c.pad), stride = static_cast<double>(c.stride);
  params.Set("strides", {stride, stride})
      .Set("dilations", std::vector<double>(2, static_cast<double>(c.dilation)));
  params.Set("pads", {pad, pad, pad, pad}).Set("group", static_cast<double>(c.group)).Set("xZero", 99);
  params.Set("yZero", range.zero).Set("lo", range.lo).Set("hi", range.hi);
  const Status status = RunStep("conv_transpose_u8", {&x, &w, &bias, &scale}, {&y}, params, c.threads, 2);
  if (!status.ok()) return status.message();
  std::vector<int32_t> acc(static_cast<size_t>(y.size()));
  for (size_t i = 0; i < acc.size(); ++i) acc[i] = bias.as<int32_t>()[i % static_cast<size_t>(c.o)];
  for (int64_t n = 0; n < c.n; ++n)
    for (int64_t iy = 0; iy < c.h; ++iy)
      for (int64_t ix = 0; ix < c.w; ++ix)
        for (int64_t ky = 0; ky < c.k; ++ky)
          for (int64_t kx = 0; kx < c.k; ++kx) {
            const int64_t oy = iy * c.stride - c.pad + ky * c.dilation,
                          ox = ix * c.stride - c.pad + kx * c.dilation;
            if (oy < 0 || ox < 0 || oy >= oh || ox >= ow) continue;
            for (int64_t o = 0; o < c.o; ++o)
              for (int64_t i = 0; i < in; ++i)
                acc[static_cast<size_t>(((n * oh + oy) * ow + ox) * c.o + o)] +=
                    (x.as<uint8_t>()[((n * c.h + iy) * c.w + ix) * c.c + o / out * in + i] - 99) *
                    w.as<int8_t>()[((o * c.k + ky) * c.k + kx) * in + i];
          }
  for (size_t i = 0; i < acc.size(); ++i) {
    const float s = scale.as<float>()[i % static_cast<size_t>(c.o)], value = static_cast<float>(acc[i]) * s;
    const bool same = c.to_f32 ? std::memcmp(&value, y.as<float>() + i, 4) == 0
                               : Requantize(acc[i], s, range) == y.as<uint8_t>()[i];
    if (!same) return "differs at " + std::to_string(i);
  }
  return "";
}

TEST_CASE("conv_transpose_u8: windows") {
  for (int64_t k : {1, 2, 3, 4, 5})
    for (int64_t stride : {1, 2, 3})
      for (int64_t pad : {0, 1}) {
        TransposeCase c;
        c.k = k, c.stride = stride, c.pad = k > 2 * pad ? pad : 0;
        CHECK(Compare(c) == "");
        c.extra = stride - 1, c.n = 2, c.threads = 3;
        CHECK(Compare(c) == "");
      }
}

TEST_CASE("conv_transpose_u8: strides longer than the output") {
  for (int64_t stride : {5, 1 << 20})
    for (int64_t extra : {0, 1}) {
      TransposeCase c;
      c.h = c.w = 1, c.k = 2, c.pad = 0, c.stride = stride, c.extra = extra;
      CHECK(Compare(c) == "");
    }
}

TEST_CASE("conv_transpose_u8: kernels as wide as their stride") {
  for (int64_t channels : {1, 5, 24, 40})
    for (int64_t width : {1, 12, 33}) {
      TransposeCase c;
      c.k = c.stride = 2, c.pad = 0, c.c = 24, c.o = channels, c.w = width;
      CHECK(Compare(c) == "");
      c.scale = 7.f, c.threads = 3;
      CHECK(Compare(c) == "");
    }
}

TEST_CASE("conv_transpose_u8: groups, dilation, large scale, f32") {
  TransposeCase c;
  c.c = 6, c.o = 9, c.group = 3;
  CHECK(Compare(c) == "");
  c.dilation = 2;
  CHECK(Compare(c) == "");
  c.scale = 7.f;
  CHECK(Compare(c) == "");
  c.to_f32 = true;
  CHECK(Compare(c) == "");
  c.n = 0;
  CHECK(Compare(c) == "");
}

}  // namespace
}  // namespace kompakt::testing
