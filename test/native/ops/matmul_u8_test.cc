// matmul_u8 against its definition.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstring>

#include "native/kernels/requantize/requantize.h"
#include "test/native/harness.h"

namespace kompakt::testing {
namespace {

struct MatMulCase {
  int64_t batch, m, k, n;
  int a_zero = 131, b_zero = 128;
  float scale = 0.0007f;
  bool b_shared = false, run_time_zeros = false;
  DType output = DType::kU8;
  int threads = 1;
};

std::string Compare(const MatMulCase& c) {
  Random random(static_cast<uint64_t>(c.m * 3 + c.k * 5 + c.n * 7));
  TestTensor a(DType::kU8, {c.batch, c.m, c.k}), b(DType::kU8, {c.b_shared ? 1 : c.batch, c.k, c.n});
  TestTensor y(c.output, {c.batch, c.m, c.n}), a_zero(DType::kU8, {1}), b_zero(DType::kU8, {});
  a.FillU8(&random);
  b.FillU8(&random);
  const OutputRange range = {111, 4, 251};
  a_zero.FillU8(&random, c.a_zero, c.a_zero);
  b_zero.FillU8(&random, c.b_zero, c.b_zero);
  std::vector<TestTensor*> inputs = {&a, &b};
  if (c.run_time_zeros) inputs.insert(inputs.end(), {&a_zero, &b_zero});
  ParamList params;
  params.Set("aZero", c.run_time_zeros ? 1 : c.a_zero).Set("bZero", c.run_time_zeros ? 2 : c.b_zero);
  params.Set("scale", static_cast<double>(c.scale));
  params.Set("yZero", range.zero).Set("lo", range.lo).Set("hi", range.hi);
  const Status status = RunStep("matmul_u8", inputs, {&y}, params, c.threads, 2);
  if (!status.ok()) return status.message();
  for (int64_t i = 0, at = 0; i < c.batch; ++i)
    for (int64_t m = 0; m < c.m; ++m)
      for (int64_t n = 0; n < c.n; ++n, ++at) {
        int32_t acc = 0;
        for (int64_t k = 0; k < c.k; ++k)
          acc += (a.as<uint8_t>()[(i * c.m + m) * c.k + k] - c.a_zero) *
                 (b.as<uint8_t>()[((c.b_shared ? 0 : i) * c.k + k) * c.n + n] - c.b_zero);
        const float value = static_cast<float>(acc) * c.scale;
        const bool same = c.output == DType::kS32   ? acc == y.as<int32_t>()[at]
                          : c.output == DType::kF32 ? std::memcmp(&value, y.as<float>() + at, 4) == 0
                                                    : Requantize(acc, c.scale, range) == y.as<uint8_t>()[at];
        if (!same) return "differs at " + std::to_string(m) + "," + std::to_string(n);
      }
  return "";
}

TEST_CASE("matmul_u8: shapes") {
  for (int64_t m : {0, 1, 5, 49})
    for (int64_t k : {0, 1, 16, 37})
      for (int64_t n : {1, 8, 17, 65})
        for (DType output : {DType::kU8, DType::kS32}) {
          MatMulCase c{2, m, k, n};
          c.output = output;
          CHECK(Compare(c) == "");
        }
}

TEST_CASE("matmul_u8: one product cut by columns among threads, and many of several panels") {
  for (int64_t n : {63, 64, 65, 200})
    for (int threads : {1, 2, 3, 5}) {
      MatMulCase c{1, 47, 40, n};
      c.threads = threads;
      CHECK(Compare(c) == "");
      c.batch = 4, c.m = 97;
      CHECK(Compare(c) == "");
      c.scale = 2.5f;
      CHECK(Compare(c) == "");
    }
}

TEST_CASE("matmul_u8: zero points, scales, batches, threads, f32 and s32") {
  for (int zero : {0, 1, 127, 128, 255}) {
    MatMulCase c{3, 50, 33, 20};
    c.b_zero = zero, c.a_zero = 255 - zero, c.threads = 3;
    CHECK(Compare(c) == "");
    c.b_shared = true;
    CHECK(Compare(c) == "");
    c.scale = 2.5f;
    CHECK(Compare(c) == "");
    for (DType output : {DType::kF32, DType::kS32, DType::kU8}) {
      c.output = output;
      for (bool run_time : {true, false}) {
        c.run_time_zeros = run_time;
        CHECK(Compare(c) == "");
      }
    }
  }
}

}  // namespace
}  // namespace kompakt::testing
