// softmax_u8 against its definition, in long double: no byte differs by more than one, and few do.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "test/native/harness.h"

namespace kompakt::testing {
namespace {

struct SoftmaxCase {
  int64_t outer, reduced, inner;
  float x_scale = 0.05f, y_scale = 1.0f / 256;
  int x_zero = 128, y_zero = 0, threads = 1, low = 0, high = 255;
};

struct Difference {
  int most = 0;
  int64_t count = 0, of = 0;
};

Difference Compare(const SoftmaxCase& c) {
  Random random(static_cast<uint64_t>(c.reduced * 7 + c.inner));
  TestTensor x(DType::kU8, {c.outer, c.reduced, c.inner}), y(DType::kU8, {c.outer, c.reduced, c.inner});
  const int64_t size = c.outer * c.reduced * c.inner;
  for (int64_t i = 0; i < size; ++i) x.as<uint8_t>()[i] = static_cast<uint8_t>(random.Int(c.low, c.high));
  ParamList params;
  params.Set("dims", std::vector<double>{static_cast<double>(c.outer), static_cast<double>(c.reduced),
                                         static_cast<double>(c.inner)});
  params.Set("xZero", c.x_zero).Set("xScale", static_cast<double>(c.x_scale));
  params.Set("yZero", c.y_zero).Set("yScale", static_cast<double>(c.y_scale));
  const Status status = RunStep("softmax_u8", {&x}, {&y}, params, c.threads, 2);
  REQUIRE(status.message() == "");
  Difference difference;
  for (int64_t o = 0; o < c.outer; ++o)
    for (int64_t j = 0; j < c.inner; ++j) {
      const auto at = [&](int64_t i) { return (o * c.reduced + i) * c.inner + j; };
      long double sum = 0;
      for (int64_t i = 0; i < c.reduced; ++i)
        sum += std::exp(static_cast<long double>(c.x_scale) * (x.as<uint8_t>()[at(i)] - 255));
      for (int64_t i = 0; i < c.reduced; ++i) {
        const long double value =
            std::exp(static_cast<long double>(c.x_scale) * (x.as<uint8_t>()[at(i)] - 255)) / sum;
        const int wanted = static_cast<int>(
            std::fmin(255.0L, std::nearbyint(value / static_cast<long double>(c.y_scale)) + c.y_zero));
        const int off = std::abs(wanted - y.as<uint8_t>()[at(i)]);
        difference.most = std::max(difference.most, off);
        difference.count += off != 0;
        ++difference.of;
      }
    }
  return difference;
}

void Check(const SoftmaxCase& c) {
  const Difference difference = Compare(c);
  CAPTURE(c.reduced);
  CAPTURE(c.inner);
  CHECK(difference.most <= 1);
  CHECK(difference.count * 100 <= difference.of);
}

TEST_CASE("softmax_u8: rows and columns of any length") {
  for (int64_t reduced : {1, 2, 15, 16, 63, 64, 127, 128, 129, 191, 192, 197, 256, 1000, 5003})
    for (int64_t inner : {1, 5}) Check({3, reduced, inner});
}

TEST_CASE("softmax_u8: scales, zero points, few values, threads") {
  for (int64_t reduced : {9, 200})
    for (float scale : {1e-6f, 0.004f, 0.2f, 3.0f}) {
      SoftmaxCase c{40, reduced, 1, scale};
      Check(c);
      c.y_zero = 77, c.threads = 3, c.y_scale = 1.0f / 200;
      Check(c);
      c.low = 30, c.high = 31;
      Check(c);
      c.low = c.high = 0;
      Check(c);
      c.low = c.high = 255;
      Check(c);
    }
}

}  // namespace
}  // namespace kompakt::testing
