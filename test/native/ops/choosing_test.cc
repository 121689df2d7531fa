// compare, where, arg_extreme and top_k against plain loops, over types, broadcasting and threads.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "test/native/harness.h"

namespace kompakt::testing {
namespace {

/// Few different values, so that many are equal; floats have NaN and infinities among them.
template <typename T>
void Fill(TestTensor* tensor, uint64_t seed) {
  Random random(seed);
  for (int64_t i = 0; i < tensor->size(); ++i) {
    const int v = random.Int(0, 6);
    T* at = tensor->as<T>() + i;
    *at = static_cast<T>(v);
    if constexpr (std::is_same_v<T, float>) {
      if (v == 0 && i % 2 == 1) *at = -0.0f;
      if (v > 3) *at = v == 4 ? NAN : v == 5 ? INFINITY : -INFINITY;
    }
  }
}

using Shape = std::vector<int64_t>;

/// Where element i of a tensor of shape `y` lies in one of shape `x` that broadcasts to it.
int64_t Source(int64_t i, const Shape& x, const Shape& y) {
  int64_t at = 0, stride = 1;
  for (size_t d = 0; d < y.size(); ++d) {
    const size_t from = y.size() - 1 - d;
    const int64_t index = i % y[from];
    i /= y[from];
    if (d >= x.size()) continue;
    const int64_t size = x[x.size() - 1 - d];
    at += size == 1 ? 0 : index * stride;
    stride *= size;
  }
  return at;
}

struct Shapes {
  Shape condition, a, b, y;
};

const Shapes kShapes[] = {
    {{}, {}, {}, {}},
    {{0, 3}, {0, 3}, {3}, {0, 3}},
    {{7}, {7}, {7}, {7}},
    {{1}, {7}, {}, {7}},
    {{3, 1, 5}, {3, 4, 5}, {4, 1}, {3, 4, 5}},
    {{4, 1}, {1, 5}, {4, 1}, {4, 5}},
    {{2, 1, 33}, {1, 70, 1}, {2, 70, 33}, {2, 70, 33}},
    {{40000}, {1}, {40000}, {40000}},
    {{40000}, {40000}, {1}, {40000}},
};

template <typename T>
void CheckCompare(DType dtype) {
  const std::pair<const char*, std::function<bool(T, T)>> ops[] = {
      {"equal", [](T a, T b) { return a == b; }},         {"not_equal", [](T a, T b) { return a != b; }},
      {"less", [](T a, T b) { return a < b; }},           {"less_equal", [](T a, T b) { return a <= b; }},
      {"and", [](T a, T b) { return a == 1 && b == 1; }}, {"or", [](T a, T b) { return a == 1 || b == 1; }},
  };
  for (const Shapes& shapes : kShapes)
    for (const auto& [name, holds] : ops) {
      TestTensor a(dtype, shapes.a), b(dtype, shapes.b), y(DType::kU8, shapes.y);
      Fill<T>(&a, 1), Fill<T>(&b, 2);
      ParamList params;
      params.Set("op", name);
      const Status status = RunStep("compare", {&a, &b}, {&y}, params, 3, 2);
      CHECK_MESSAGE(status.ok(), status.message());
      int64_t wrong = 0;
      for (int64_t i = 0; i < y.size(); ++i)
        wrong += y.as<uint8_t>()[i] !=
                 holds(a.as<T>()[Source(i, shapes.a, shapes.y)], b.as<T>()[Source(i, shapes.b, shapes.y)]);
      CHECK_MESSAGE(wrong == 0, name);
    }
}

TEST_CASE("compare") {
  CheckCompare<float>(DType::kF32);
  CheckCompare<int32_t>(DType::kS32);
  CheckCompare<int64_t>(DType::kS64);
  CheckCompare<uint8_t>(DType::kU8);
}

template <typename T>
void CheckWhere(DType dtype) {
  for (const Shapes& shapes : kShapes) {
    TestTensor condition(DType::kU8, shapes.condition), a(dtype, shapes.a), b(dtype, shapes.b),
        y(dtype, shapes.y);
    Fill<uint8_t>(&condition, 3), Fill<T>(&a, 1), Fill<T>(&b, 2);
    const Status status = RunStep("where", {&condition, &a, &b}, {&y}, ParamList(), 3, 2);
    CHECK_MESSAGE(status.ok(), status.message());
    int64_t wrong = 0;
    for (int64_t i = 0; i < y.size(); ++i) {
      const bool first = condition.as<uint8_t>()[Source(i, shapes.condition, shapes.y)] != 0;
      const T& from =
          first ? a.as<T>()[Source(i, shapes.a, shapes.y)] : b.as<T>()[Source(i, shapes.b, shapes.y)];
      wrong += std::memcmp(&from, y.as<T>() + i, sizeof(T)) != 0;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("where") {
  CheckWhere<float>(DType::kF32);
  CheckWhere<int64_t>(DType::kS64);
  CheckWhere<uint8_t>(DType::kU8);
  CheckWhere<uint16_t>(DType::kU16);
}

template <typename T>
void CheckArgExtreme(DType dtype) {
  for (const Shape& dims :
       {Shape{1, 1, 1}, {3, 7, 1}, {2, 5, 3}, {1, 21, 64}, {2, 21, 65}, {400, 100, 1}, {0, 3, 2}, {2, 3, 0}})
    for (int largest : {0, 1})
      for (int last : {0, 1}) {
        TestTensor x(dtype, dims), y(DType::kS64, {dims[0], dims[2]});
        Fill<T>(&x, static_cast<uint64_t>(dims[1]));
        ParamList params;
        params.Set("dims", std::vector<double>(dims.begin(), dims.end()));
        params.Set("largest", largest).Set("last", last);
        const Status status = RunStep("arg_extreme", {&x}, {&y}, params, 3, 2);
        CHECK_MESSAGE(status.ok(), status.message());
        for (int64_t i = 0; i < y.size(); ++i) {
          const T* line = x.as<T>() + i / dims[2] * dims[1] * dims[2] + i % dims[2];
          int64_t best = 0;
          for (int64_t j = 1; j < dims[1]; ++j) {
            const T now = line[best * dims[2]], candidate = line[j * dims[2]];
            if ((largest != 0 ? candidate > now : candidate < now) || (last != 0 && candidate == now))
              best = j;
          }
          CHECK(y.as<int64_t>()[i] == best);
        }
      }
}

template <typename T>
void CheckTopK(DType dtype) {
  // Lines of up to one, two and three blocks of 32 elements, and many.
  for (const Shape& dims : {Shape{1, 1, 1},
                            {3, 7, 1},
                            {2, 5, 3},
                            {2, 21, 65},
                            {3, 33, 1},
                            {3, 64, 1},
                            {3, 97, 1},
                            {40, 1000, 1},
                            {0, 3, 2}})
    for (int64_t k : {int64_t{0}, int64_t{1}, dims[1] / 8, dims[1] / 2, dims[1]})
      for (int largest : {0, 1}) {
        TestTensor x(dtype, dims), values(dtype, {dims[0], k, dims[2]}),
            indices(DType::kS64, {dims[0], k, dims[2]});
        Fill<T>(&x, static_cast<uint64_t>(dims[1]));
        ParamList params;
        params.Set("dims", std::vector<double>(dims.begin(), dims.end()));
        params.Set("k", static_cast<double>(k)).Set("largest", largest);
        const Status status = RunStep("top_k", {&x}, {&values, &indices}, params, 3, 2);
        CHECK_MESSAGE(status.ok(), status.message());
        for (int64_t line = 0; line < dims[0] * dims[2] && k > 0; ++line) {
          const T* from = x.as<T>() + line / dims[2] * dims[1] * dims[2] + line % dims[2];
          std::vector<int64_t> order;
          for (int64_t i = 0; i < dims[1]; ++i) order.push_back(i);
          std::stable_sort(order.begin(), order.end(), [&](int64_t i, int64_t j) {
            const T a = from[i * dims[2]], b = from[j * dims[2]];
            if (b != b) return a == a;
            return largest != 0 ? a > b : a < b;
          });
          int64_t wrong = 0;
          for (int64_t i = 0; i < k; ++i) {
            const int64_t at = (line / dims[2] * k + i) * dims[2] + line % dims[2];
            wrong += indices.as<int64_t>()[at] != order[i];
            wrong += std::memcmp(values.as<T>() + at, from + order[i] * dims[2], sizeof(T)) != 0;
          }
          CHECK(wrong == 0);
        }
      }
}

TEST_CASE("top_k") {
  CheckTopK<float>(DType::kF32);
  CheckTopK<int64_t>(DType::kS64);
  CheckTopK<uint8_t>(DType::kU8);
}

TEST_CASE("arg_extreme") {
  CheckArgExtreme<float>(DType::kF32);
  CheckArgExtreme<int32_t>(DType::kS32);
  CheckArgExtreme<int64_t>(DType::kS64);
  CheckArgExtreme<uint8_t>(DType::kU8);
}

}  // namespace
}  // namespace kompakt::testing
