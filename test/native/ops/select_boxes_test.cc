// select_boxes against plain loops: scores and corners with equal and odd values, over limits and threads.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "test/native/harness.h"

namespace kompakt::testing {
namespace {

struct Sizes {
  int64_t batches, classes, boxes, most;
};

struct Case {
  int64_t limit;
  float overlap, least;
};

double Least(double a, double b) { return std::isnan(a) || std::isnan(b) ? NAN : std::min(a, b); }
double Most(double a, double b) { return std::isnan(a) || std::isnan(b) ? NAN : std::max(a, b); }

struct Box {
  double low[2], high[2];

  Box(const float* p, bool centers) {
    for (int axis = 0; axis < 2; ++axis) {
      const double at = p[centers ? 1 - axis : axis], other = p[centers ? 3 - axis : axis + 2];
      low[axis] = centers ? at - other / 2 : Least(at, other);
      high[axis] = centers ? at + other / 2 : Most(at, other);
    }
  }

  double Area() const { return Most(high[0] - low[0], 0) * Most(high[1] - low[1], 0); }
  double Shared(const Box& other, int axis) const {
    if (high[axis] <= other.low[axis] || other.high[axis] <= low[axis]) return 0;
    return Most(Least(high[axis], other.high[axis]) - Most(low[axis], other.low[axis]), 0);
  }
  bool Allows(const Box& other, double overlap) const {
    const double height = Shared(other, 0), shared = height == 0 ? 0 : height * Shared(other, 1);
    const double all = Area() + other.Area() - shared;
    return (shared == 0 || all <= 0 ? 0 : shared / all) <= overlap;
  }
};

std::vector<int32_t> Selected(const float* boxes, const float* scores, const Sizes& s, const Case& c,
                              bool centers) {
  std::vector<int32_t> order, chosen;
  for (int32_t i = 0; i < s.boxes; ++i)
    if (scores[i] > c.least) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](int32_t i, int32_t j) { return scores[i] > scores[j]; });
  for (int32_t i : order) {
    if (static_cast<int64_t>(chosen.size()) >= std::min(c.limit, s.most)) break;
    const Box box(boxes + 4 * i, centers);
    if (std::all_of(chosen.begin(), chosen.end(),
                    [&](int32_t k) { return box.Allows(Box(boxes + 4 * k, centers), c.overlap); }))
      chosen.push_back(i);
  }
  chosen.resize(static_cast<size_t>(s.most), -1);
  return chosen;
}

void Check(const Sizes& s, const Case& c, bool centers, bool odd) {
  Random random(static_cast<uint64_t>(s.boxes) + 7);
  TestTensor boxes(DType::kF32, {s.batches, s.boxes, 4});
  boxes.FillF32(&random, odd ? -2.0f : 0.0f, 3.0f);
  const float values[] = {NAN, INFINITY, -INFINITY, 3e38f, 1e-40f};
  for (int64_t i = 0; odd && i < boxes.size(); i += 9) boxes.as<float>()[i] = values[i % 5];
  TestTensor scores(DType::kF32, {s.batches, s.classes, s.boxes});
  for (int64_t i = 0; i < scores.size(); ++i) {
    const int v = random.Int(-9, 20);
    scores.as<float>()[i] = odd && v == 20 ? NAN : odd && v == 19 ? INFINITY : static_cast<float>(v) / 16;
  }
  TestTensor limit(DType::kS64, {1}), overlap(DType::kF32, {1}), least(DType::kF32, {1});
  *limit.as<int64_t>() = c.limit;
  *overlap.as<float>() = c.overlap;
  *least.as<float>() = c.least;
  TestTensor y(DType::kS32, {s.batches, s.classes, s.most});
  ParamList params;
  params.Set("centers", centers ? 1 : 0);
  const Status status =
      RunStep("select_boxes", {&boxes, &scores, &limit, &overlap, &least}, {&y}, params, 3, 2);
  CHECK_MESSAGE(status.ok(), status.message());
  int64_t wrong = 0;
  for (int64_t row = 0; row < s.batches * s.classes; ++row) {
    const std::vector<int32_t> chosen = Selected(boxes.as<float>() + row / s.classes * s.boxes * 4,
                                                 scores.as<float>() + row * s.boxes, s, c, centers);
    wrong += !std::equal(chosen.begin(), chosen.end(), y.as<int32_t>() + row * s.most);
  }
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("select_boxes") {
  for (const Sizes& s : {Sizes{1, 1, 1, 1}, {1, 2, 33, 10}, {2, 3, 64, 64}, {1, 40, 1000, 90}, {2, 2, 0, 0}})
    for (const Case& c : {Case{5, 0.3f, 0.0f},
                          {1000, 0.7f, -1.0f},
                          {20, 0.0f, 0.5f},
                          {20, 1.0f, -INFINITY},
                          {20, -1.0f, 0.0f},
                          {20, NAN, 0.0f},
                          {20, 0.5f, NAN},
                          {0, 0.5f, 0.0f},
                          {-4, 0.5f, 0.0f}})
      for (bool centers : {false, true})
        for (bool odd : {false, true}) Check(s, c, centers, odd);
}

TEST_CASE("select_boxes without options selects nothing") {
  TestTensor boxes(DType::kF32, {1, 3, 4}), scores(DType::kF32, {1, 1, 3}), y(DType::kS32, {1, 1, 2});
  CHECK(RunStep("select_boxes", {&boxes, &scores}, {&y}, ParamList().Set("centers", 0)).ok());
  CHECK(y.as<int32_t>()[0] == -1);
  CHECK(y.as<int32_t>()[1] == -1);
}

TEST_CASE("select_boxes refuses tensors that do not fit") {
  TestTensor boxes(DType::kF32, {1, 3, 4}), scores(DType::kF32, {1, 2, 3}), other(DType::kF32, {1, 2, 4}),
      y(DType::kS32, {1, 2, 3}), large(DType::kS32, {1, 2, 4}), two(DType::kF32, {2});
  const ParamList params = ParamList().Set("centers", 0);
  CHECK_FALSE(RunStep("select_boxes", {&boxes, &other}, {&y}, params).ok());
  CHECK_FALSE(RunStep("select_boxes", {&boxes, &scores}, {&large}, params).ok());
  CHECK_FALSE(RunStep("select_boxes", {&boxes, &scores}, {&other}, params).ok());
  CHECK_FALSE(RunStep("select_boxes", {&boxes, &scores, nullptr, &two}, {&y}, params).ok());
}

}  // namespace kompakt::testing
