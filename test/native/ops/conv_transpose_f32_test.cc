// conv_transpose_f32 against a plain scatter-free loop with the same order of multiply-adds: equal bytes.
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
  int64_t n, h, w, c, o, kh, kw, group, stride_h, stride_w, dilation, pad_top, pad_left, pad_bottom,
      pad_right;
  /// Extra outputs at the end (output_padding).
  int64_t more_h, more_w;
  bool bias;
  const char* activation;
};

const Case kCases[] = {
    {"kernel 2 stride 2", 1, 5, 7, 24, 24, 2, 2, 1, 2, 2, 1, 0, 0, 0, 0, 0, 0, true, "relu"},
    {"kernel 2 stride 2, one output", 2, 9, 13, 24, 1, 2, 2, 1, 2, 2, 1, 0, 0, 0, 0, 0, 0, true, "sigmoid"},
    {"kernel 2 stride 2, wide", 1, 3, 31, 8, 33, 2, 2, 1, 2, 2, 1, 0, 0, 0, 0, 0, 0, false, "none"},
    {"kernel 3 stride 2", 1, 6, 5, 10, 17, 3, 3, 1, 2, 2, 1, 1, 1, 1, 1, 1, 1, true, "none"},
    {"kernel 4 stride 2", 1, 6, 6, 16, 8, 4, 4, 1, 2, 2, 1, 1, 1, 1, 1, 0, 0, true, "none"},
    {"kernel 3 stride 1", 1, 5, 6, 7, 9, 3, 3, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, true, "none"},
    {"dilated", 1, 5, 5, 6, 5, 3, 3, 1, 1, 1, 2, 1, 1, 1, 1, 0, 0, true, "none"},
    {"kernel 1 stride 3 (empty phases)", 1, 4, 4, 6, 5, 1, 1, 1, 3, 3, 1, 0, 0, 0, 0, 0, 0, true, "none"},
    {"groups", 1, 4, 4, 12, 8, 2, 2, 4, 2, 2, 1, 0, 0, 0, 0, 0, 0, true, "none"},
    {"stride (2,1)", 1, 4, 9, 5, 6, 3, 2, 1, 2, 1, 1, 0, 1, 0, 0, 0, 0, true, "none"},
};

void Naive(const Case& k, const TestTensor& x, const TestTensor& w, const TestTensor* bias, TestTensor* y) {
  const int64_t depth = k.c / k.group, per_group = k.o / k.group, oh = y->view.dims[1], ow = y->view.dims[2];
  UnaryOp op;
  REQUIRE(ParseUnaryKind(k.activation, &op.kind));
  for (int64_t n = 0; n < k.n; ++n)
    for (int64_t oy = 0; oy < oh; ++oy)
      for (int64_t ox = 0; ox < ow; ++ox)
        for (int64_t o = 0; o < k.o; ++o) {
          float acc = 0;
          for (int64_t ky = 0; ky < k.kh; ++ky)
            for (int64_t kx = 0; kx < k.kw; ++kx) {
              const int64_t ty = oy + k.pad_top - ky * k.dilation, tx = ox + k.pad_left - kx * k.dilation;
              if (ty < 0 || tx < 0 || ty % k.stride_h != 0 || tx % k.stride_w != 0) continue;
              const int64_t iy = ty / k.stride_h, ix = tx / k.stride_w;
              if (iy >= k.h || ix >= k.w) continue;
              for (int64_t i = 0; i < depth; ++i)
                acc = std::fma(x.as<float>()[((n * k.h + iy) * k.w + ix) * k.c + o / per_group * depth + i],
                               w.as<float>()[((o * k.kh + ky) * k.kw + kx) * depth + i], acc);
            }
          if (bias != nullptr) acc += bias->as<float>()[o];
          UnaryF32(op, &acc, y->as<float>() + ((n * oh + oy) * ow + ox) * k.o + o, 1);
        }
}

TEST_CASE("conv_transpose_f32 equals the plain loop") {
  for (const Case& k : kCases) {
    CAPTURE(std::string(k.name));
    Random random(static_cast<uint64_t>(&k - kCases) + 1);
    const int64_t oh =
        (k.h - 1) * k.stride_h + (k.kh - 1) * k.dilation + 1 - k.pad_top - k.pad_bottom + k.more_h;
    const int64_t ow =
        (k.w - 1) * k.stride_w + (k.kw - 1) * k.dilation + 1 - k.pad_left - k.pad_right + k.more_w;
    TestTensor x(DType::kF32, {k.n, k.h, k.w, k.c}), w(DType::kF32, {k.o, k.kh, k.kw, k.c / k.group});
    TestTensor bias(DType::kF32, {k.o}), expected(DType::kF32, {k.n, oh, ow, k.o});
    x.FillF32(&random, -1, 1);
    w.FillF32(&random, -1, 1).Constant(0);
    bias.FillF32(&random, -1, 1).Constant(1);
    Naive(k, x, w, k.bias ? &bias : nullptr, &expected);
    ParamList params;
    params.Set("strides", {double(k.stride_h), double(k.stride_w)});
    params.Set("pads", {double(k.pad_top), double(k.pad_left), double(k.pad_bottom), double(k.pad_right)});
    params.Set("dilations", {double(k.dilation), double(k.dilation)}).Set("group", double(k.group));
    params.Set("activation", k.activation).Set("alpha", 0.0).Set("beta", 0.0);
    for (int threads = 1; threads <= 4; ++threads) {
      CAPTURE(threads);
      TestTensor y(DType::kF32, {k.n, oh, ow, k.o});
      const Status status =
          RunStep("conv_transpose_f32", {&x, &w, k.bias ? &bias : nullptr}, {&y}, params, threads, 2);
      CHECK_MESSAGE(status.ok(), status.message());
      CHECK(std::memcmp(y.view.data, expected.view.data, y.view.bytes()) == 0);
    }
  }
}

}  // namespace
}  // namespace kompakt::testing
