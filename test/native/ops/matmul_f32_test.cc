// matmul_f32 against a plain loop with the same order of multiply-adds: equal bytes.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "native/kernels/unary_f32/unary_f32.h"
#include "test/native/harness.h"

namespace kompakt::testing {
namespace {

struct Case {
  std::vector<int64_t> a_batch, b_batch, y_batch;
  int64_t m, n, k;
  int trans_a, trans_b;
  bool constant_b, bias;
  double factor;
  const char* activation;
};

const Case kCases[] = {
    {{}, {}, {}, 1, 10, 84, 0, 0, true, true, 1, "none"},
    {{}, {}, {}, 1, 1000, 37, 0, 1, true, true, 0.5, "relu"},
    {{}, {}, {}, 13, 48, 64, 0, 0, true, true, 1, "gelu"},
    {{}, {}, {}, 97, 33, 29, 1, 0, true, false, 1, "none"},
    {{}, {}, {}, 5, 7, 3, 1, 1, false, true, -2, "none"},
    {{}, {}, {}, 200, 64, 31, 0, 0, false, true, 1, "hard_swish"},
    {{2, 3}, {2, 3}, {2, 3}, 8, 20, 16, 0, 1, false, false, 0.25, "none"},
    {{2, 3}, {}, {2, 3}, 9, 17, 11, 0, 0, true, true, 1, "none"},
    {{4}, {4}, {4}, 6, 18, 5, 0, 0, true, false, 1, "none"},
    {{}, {2, 2}, {2, 2}, 6, 18, 5, 0, 0, false, false, 1, "none"},
    {{2, 1}, {1, 3}, {2, 3}, 4, 5, 6, 0, 0, false, true, 1, "none"},
    {{1, 4}, {5, 1}, {5, 4}, 3, 16, 40, 1, 1, false, true, 1, "none"},
    {{}, {}, {}, 4, 5, 0, 0, 0, false, true, 1, "none"},
    {{}, {}, {}, 0, 5, 3, 0, 0, false, true, 1, "none"},
    {{12}, {12}, {12}, 25, 25, 15, 0, 1, false, false, 0.258, "none"},
};

std::vector<int64_t> Dims(std::vector<int64_t> batch, int64_t rows, int64_t columns, bool swapped) {
  batch.push_back(swapped ? columns : rows);
  batch.push_back(swapped ? rows : columns);
  return batch;
}

/// The matrix of `batch` (numpy broadcasting) that stands behind matrix `index` of `y_batch`.
int64_t MatrixOf(const std::vector<int64_t>& batch, const std::vector<int64_t>& y_batch, int64_t index) {
  int64_t matrix = 0, scale = 1;
  for (size_t i = 0; i < y_batch.size(); ++i) {
    const int64_t dy = y_batch[y_batch.size() - 1 - i], at = index % dy;
    index /= dy;
    const int64_t d = i < batch.size() ? batch[batch.size() - 1 - i] : 1;
    matrix += (d == 1 ? 0 : at) * scale;
    scale *= d;
  }
  return matrix;
}

TEST_CASE("matmul_f32 equals the plain loop") {
  for (const Case& c : kCases) {
    const int index = static_cast<int>(&c - kCases);
    CAPTURE(index);
    Random random(static_cast<uint64_t>(index) + 1);
    TestTensor a(DType::kF32, Dims(c.a_batch, c.m, c.k, c.trans_a)),
        b(DType::kF32, Dims(c.b_batch, c.k, c.n, c.trans_b));
    TestTensor bias(DType::kF32, {c.n}), expected(DType::kF32, Dims(c.y_batch, c.m, c.n, false));
    a.FillF32(&random, -1, 1);
    b.FillF32(&random, -1, 1);
    bias.FillF32(&random, -1, 1);
    if (c.constant_b) b.Constant(0);
    UnaryOp op;
    REQUIRE(ParseUnaryKind(c.activation, &op.kind));
    int64_t batches = 1;
    for (int64_t d : c.y_batch) batches *= d;
    for (int64_t i = 0; i < batches; ++i) {
      const float* am = a.as<float>() + MatrixOf(c.a_batch, c.y_batch, i) * c.m * c.k;
      const float* bm = b.as<float>() + MatrixOf(c.b_batch, c.y_batch, i) * c.k * c.n;
      for (int64_t m = 0; m < c.m; ++m)
        for (int64_t n = 0; n < c.n; ++n) {
          float acc = 0;
          for (int64_t k = 0; k < c.k; ++k)
            acc = std::fma(c.trans_a ? am[k * c.m + m] : am[m * c.k + k],
                           c.trans_b ? bm[n * c.k + k] : bm[k * c.n + n], acc);
          if (c.factor != 1) acc *= static_cast<float>(c.factor);
          if (c.bias) acc += bias.as<float>()[n];
          UnaryF32(op, &acc, expected.as<float>() + (i * c.m + m) * c.n + n, 1);
        }
    }
    ParamList params;
    params.Set("transA", c.trans_a).Set("transB", c.trans_b).Set("factor", c.factor);
    params.Set("activation", c.activation).Set("alpha", 0.0).Set("beta", 0.0);
    for (int threads = 1; threads <= 4; ++threads) {
      CAPTURE(threads);
      TestTensor y(DType::kF32, Dims(c.y_batch, c.m, c.n, false));
      const Status status =
          RunStep("matmul_f32", {&a, &b, c.bias ? &bias : nullptr}, {&y}, params, threads, 2);
      CHECK_MESSAGE(status.ok(), status.message());
      CHECK(std::memcmp(y.view.data, expected.view.data, y.view.bytes()) == 0);
    }
  }
}

TEST_CASE("matmul_f32 refuses matrices that do not fit") {
  TestTensor a(DType::kF32, {3, 4}), b(DType::kF32, {5, 6}), y(DType::kF32, {3, 6});
  ParamList params;
  params.Set("transA", 0.0).Set("transB", 0.0).Set("factor", 1.0);
  params.Set("activation", "none").Set("alpha", 0.0).Set("beta", 0.0);
  CHECK_FALSE(RunStep("matmul_f32", {&a, &b}, {&y}, params).ok());
}

}  // namespace
}  // namespace kompakt::testing
