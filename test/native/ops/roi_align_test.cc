// The step roi_align against a naive loop in float64: channels around the length of vectors, no region, one
// and several threads, images out of range, regions without end. SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "test/native/harness.h"

namespace kompakt {
namespace {

using testing::Canonical;
using testing::ParamList;
using testing::Random;
using testing::RunStep;
using testing::TestTensor;

constexpr float kScale = 0.3f;
constexpr int64_t kHeight = 5, kWidth = 7, kRows = 3, kColumns = 2;

struct Case {
  bool max, half_pixel;
  int samples;
};

double Pixel(const TestTensor& x, int64_t image, double row, double column, int64_t c) {
  const int64_t place = (image * kHeight + static_cast<int64_t>(row)) * kWidth + static_cast<int64_t>(column);
  return static_cast<double>(x.as<float>()[place * x.view.dims[3] + c]);
}

/// The four terms of the point at v, u; none for outside.
std::vector<double> Terms(const TestTensor& x, int64_t image, double v, double u, int64_t c) {
  if (v < -1 || v > kHeight || u < -1 || u > kWidth) return {};
  v = std::min(std::max(v, 0.0), kHeight - 1.0);
  u = std::min(std::max(u, 0.0), kWidth - 1.0);
  const double top = std::floor(v), left = std::floor(u), dv = v - top, du = u - left;
  const double bottom = std::min(top + 1, kHeight - 1.0), right = std::min(left + 1, kWidth - 1.0);
  return {(1 - dv) * (1 - du) * Pixel(x, image, top, left, c), (1 - dv) * du * Pixel(x, image, top, right, c),
          dv * (1 - du) * Pixel(x, image, bottom, left, c), dv * du * Pixel(x, image, bottom, right, c)};
}

float Bin(const TestTensor& x, const float* region, int64_t image, int64_t row, int64_t column, int64_t c,
          const Case& one) {
  const double shift = one.half_pixel ? 0.5 : 0, scale = static_cast<double>(kScale);
  const double left = region[0] * scale - shift, top = region[1] * scale - shift;
  double width = region[2] * scale - shift - left, height = region[3] * scale - shift - top;
  if (!one.half_pixel) width = std::max(width, 1.0), height = std::max(height, 1.0);
  const double bin_height = height / kRows, bin_width = width / kColumns;
  const double rows = one.samples > 0 ? one.samples : std::max(0.0, std::ceil(bin_height));
  const double columns = one.samples > 0 ? one.samples : std::max(0.0, std::ceil(bin_width));
  if (rows * columns == 0) return 0;
  double sum = 0, most = -std::numeric_limits<double>::infinity();
  for (double i = 0; i < rows; ++i)
    for (double j = 0; j < columns; ++j) {
      const double v = top + static_cast<double>(row) * bin_height + (i + 0.5) * bin_height / rows;
      const double u = left + static_cast<double>(column) * bin_width + (j + 0.5) * bin_width / columns;
      const std::vector<double> terms = Terms(x, image, v, u, c);
      if (terms.empty()) most = std::max(most, 0.0);
      for (double term : terms) sum += term, most = std::max(most, term);
    }
  return static_cast<float>(one.max ? most + 0.0 : sum / (rows * columns));
}

ParamList ParamsOf(const Case& one) {
  return ParamList()
      .Set("mode", one.max ? "max" : "avg")
      .Set("scale", static_cast<double>(kScale))
      .Set("halfPixel", one.half_pixel ? 1 : 0)
      .Set("samples", one.samples);
}

const Case kCases[] = {{false, true, 0},  {false, true, 2}, {true, true, 0},
                       {false, false, 0}, {true, false, 3}, {true, true, 1}};

TEST_CASE("roi_align: the bins of every region") {
  Random random(1);
  for (const Case& one : kCases)
    for (int64_t channels : {1, 2, 3, 4, 5, 7, 8, 9, 64, 67})
      for (int64_t count : {0, 1, 13}) {
        TestTensor x(DType::kF32, {2, kHeight, kWidth, channels}), regions(DType::kF32, {count, 4}),
            images(DType::kS64, {count}), y(DType::kF32, {count, kRows, kColumns, channels});
        x.FillF32(&random, -2, 2);
        regions.FillF32(&random, -10, 30);
        for (int64_t r = 0; r < count; ++r) images.as<int64_t>()[r] = random.Int(0, 1);
        const Status status = RunStep("roi_align", {&x, &regions, &images}, {&y}, ParamsOf(one), 3);
        REQUIRE_MESSAGE(status.ok(), status.message());
        int wrong = 0;
        for (int64_t i = 0; i < y.size(); ++i) {
          const int64_t pixel = i / channels, r = pixel / (kRows * kColumns);
          const int64_t image = images.as<int64_t>()[r];
          const float want = Bin(x, regions.as<float>() + 4 * r, image, pixel / kColumns % kRows,
                                 pixel % kColumns, i % channels, one);
          wrong += y.as<float>()[i] == want ? 0 : 1;
        }
        CHECK(wrong == 0);
      }
}

TEST_CASE("roi_align: regions without end, or that are no numbers, stay inside of the image") {
  const float endless = std::numeric_limits<float>::infinity(), none = std::nanf("");
  const std::vector<float> odd = {0,       0, 1e30f, 1e30f, -endless, -endless, endless, endless,
                                  none,    0, 3,     3,     0,        0,        1e9f,    2,
                                  endless, 0, 0,     none,  0,        -1e9f,    4,       4};
  for (const Case& one : kCases) {
    const int64_t count = static_cast<int64_t>(odd.size()) / 4;
    TestTensor x(DType::kF32, {1, kHeight, kWidth, 1}), regions(DType::kF32, {count, 4}),
        images(DType::kS64, {count}), y(DType::kF32, {count, kRows, kColumns, 1}),
        again(DType::kF32, {count, kRows, kColumns, 1});
    Random random(2);
    x.FillF32(&random, -2, 2);
    std::copy(odd.begin(), odd.end(), regions.as<float>());
    std::fill_n(images.as<int64_t>(), count, int64_t{0});
    for (TestTensor* result : {&y, &again}) {
      const Status status =
          RunStep("roi_align", {&x, &regions, &images}, {result}, ParamsOf(one), result == &y ? 1 : 3);
      // Points about every pixel: more than it takes.
      CHECK(status.ok() == (one.samples > 0));
      Canonical(result->as<float>(), result->size());
    }
    CHECK(std::equal(y.view.data, y.view.data + y.view.bytes(), again.view.data));
  }
}

TEST_CASE("roi_align: images that are not there") {
  TestTensor x(DType::kF32, {2, kHeight, kWidth, 3}), regions(DType::kF32, {5, 4}), images(DType::kS64, {5}),
      y(DType::kF32, {5, kRows, kColumns, 3});
  std::fill_n(regions.as<float>(), 20, 1.0f);
  for (int64_t image : {int64_t{-1}, int64_t{2}, std::numeric_limits<int64_t>::min()}) {
    std::fill_n(images.as<int64_t>(), 5, int64_t{1});
    images.as<int64_t>()[3] = image;
    const Status status = RunStep("roi_align", {&x, &regions, &images}, {&y}, ParamsOf(kCases[0]), 3);
    CHECK(std::string(status.code()) == "KPT_DATA_MALFORMED");
  }
}

TEST_CASE("roi_align: refuses what it cannot pool") {
  TestTensor x(DType::kF32, {1, 2, 2, 3}), regions(DType::kF32, {1, 4}), images(DType::kS64, {1}),
      y(DType::kF32, {1, 1, 1, 3}), two(DType::kS64, {2}), bytes(DType::kU8, {1, 2, 2, 3}),
      nothing(DType::kF32, {1, 0, 2, 3});
  const ParamList params = ParamsOf({false, true, 0});
  CHECK(RunStep("roi_align", {&x, &regions, &images}, {&y}, params).ok());
  CHECK_FALSE(RunStep("roi_align", {&x, &regions, &two}, {&y}, params).ok());
  CHECK_FALSE(RunStep("roi_align", {&bytes, &regions, &images}, {&y}, params).ok());
  CHECK_FALSE(RunStep("roi_align", {&nothing, &regions, &images}, {&y}, params).ok());
  CHECK_FALSE(RunStep("roi_align", {&x, &regions, &images}, {&y}, ParamsOf({false, true, 1025})).ok());
}

}  // namespace
}  // namespace kompakt
