// The steps that read or write where indices say, against naive loops: every element size, both types of
// indices, places counted from the end, and refusals. SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "test/native/harness.h"

namespace kompakt {
namespace {

using testing::ParamList;
using testing::Random;
using testing::RunStep;
using testing::TestTensor;
using Dims = std::vector<int64_t>;
using List = std::vector<double>;

constexpr DType kTypes[] = {DType::kF32, DType::kU8, DType::kU16, DType::kS32, DType::kS64, DType::kF64};

void FillBytes(TestTensor* tensor, Random* random) {
  for (size_t i = 0; i < tensor->view.bytes(); ++i)
    tensor->view.data[i] = static_cast<uint8_t>(random->Next());
}

void SetIndex(TestTensor* indices, int64_t i, int64_t value) {
  if (indices->view.dtype == DType::kS32)
    indices->as<int32_t>()[i] = static_cast<int32_t>(value);
  else
    indices->as<int64_t>()[i] = value;
}

int64_t Index(const TestTensor& indices, int64_t i) {
  return indices.view.dtype == DType::kS32 ? indices.as<int32_t>()[i] : indices.as<int64_t>()[i];
}

/// Places in [-n, n), or in [-2n, 2n) where some shall be out of range.
void FillIndices(TestTensor* indices, int64_t n, bool wild, Random* random) {
  const int bound = static_cast<int>(wild ? 2 * n : n);
  for (int64_t i = 0; i < indices->size(); ++i) SetIndex(indices, i, random->Int(-bound, bound - 1));
}

int64_t Place(int64_t index, int64_t n) { return index < 0 ? index + n : index; }
bool Outside(int64_t index, int64_t n) { return index < -n || index >= n; }

/// Whether the step did what it should: refused, having written nothing outside of its tensors, where `wild`.
bool AsExpected(const Status& status, bool wild) {
  return wild ? std::strcmp(status.code(), "KPT_DATA_MALFORMED") == 0 : status.ok();
}

/// Where element `index` of a tensor of `dims` lies in x, with `place` along `axis`.
int64_t At(const TensorView& x, const Dims& dims, int64_t index, int axis, int64_t place) {
  int64_t at = 0, stride = 1;
  for (int d = x.rank - 1; d >= 0; --d) {
    const int64_t i = index % dims[static_cast<size_t>(d)];
    index /= dims[static_cast<size_t>(d)];
    at += (d == axis ? place : i) * stride;
    stride *= x.dims[d];
  }
  return at;
}

void Move(uint8_t* y, int64_t to, const TestTensor& x, int64_t from) {
  const size_t bytes = DTypeBytes(x.view.dtype);
  std::memcpy(y + static_cast<size_t>(to) * bytes, x.view.data + static_cast<size_t>(from) * bytes, bytes);
}

struct AxisCase {
  Dims x, indices;
  int axis;
};
const AxisCase kAxisCases[] = {
    {{7}, {11}, 0},
    {{3, 4}, {3, 6}, 1},
    {{4, 5, 3}, {2, 9, 3}, 1},
    {{4, 5, 3}, {3, 4, 2}, 2},
    {{4, 5, 3}, {1, 1, 1}, 0},
    {{67, 300}, {67, 301}, 1},
    {{40, 999}, {33, 999}, 0},
};

TEST_CASE("gather_elements and scatter_elements: every element once") {
  Random random(1);
  for (const AxisCase& one : kAxisCases)
    for (DType dtype : kTypes)
      for (DType index : {DType::kS32, DType::kS64})
        for (bool wild : {false, true}) {
          TestTensor x(dtype, one.x), indices(index, one.indices), y(dtype, one.indices), z(dtype, one.x);
          FillBytes(&x, &random);
          const int64_t n = one.x[static_cast<size_t>(one.axis)];
          FillIndices(&indices, n, wild, &random);
          if (wild) SetIndex(&indices, indices.size() - 1, n);
          const Status gathered =
              RunStep("gather_elements", {&x, &indices}, {&y}, ParamList().Set("axis", one.axis), 3);
          REQUIRE_MESSAGE(AsExpected(gathered, wild), gathered.message());
          std::vector<uint8_t> want(y.view.bytes()), data(x.view.data, x.view.data + x.view.bytes());
          for (int64_t i = 0; i < y.size(); ++i)
            if (!wild)
              Move(want.data(), i, x, At(x.view, one.indices, i, one.axis, Place(Index(indices, i), n)));
          if (!wild) CHECK(std::equal(want.begin(), want.end(), y.view.data));

          FillBytes(&y, &random);
          const ParamList params = ParamList().Set("axis", one.axis).Set("reduction", "none");
          const Status scattered = RunStep("scatter_elements", {&x, &indices, &y}, {&z}, params, 3);
          REQUIRE_MESSAGE(AsExpected(scattered, wild), scattered.message());
          if (wild) continue;
          for (int64_t i = 0; i < y.size(); ++i)
            Move(data.data(), At(x.view, one.indices, i, one.axis, Place(Index(indices, i), n)), y, i);
          CHECK(std::equal(data.begin(), data.end(), z.view.data));
        }
}

struct TupleCase {
  Dims sizes;
  int64_t batch, tuples, inner;
};
const TupleCase kTupleCases[] = {{{5}, 1, 7, 12},   {{5, 3}, 1, 6, 4}, {{5, 3, 4}, 1, 60, 1}, {{3}, 5, 10, 4},
                                 {{4}, 6, 30, 300}, {{9}, 1, 30, 700}, {{2, 3}, 2, 4000, 1}};

TEST_CASE("gather_nd and scatter_nd: every run once") {
  Random random(2);
  for (const TupleCase& one : kTupleCases)
    for (DType dtype : kTypes)
      for (bool wild : {false, true}) {
        const int64_t length = static_cast<int64_t>(one.sizes.size());
        int64_t places = 1;
        for (int64_t size : one.sizes) places *= size;
        TestTensor x(dtype, {one.batch, places, one.inner}), y(dtype, {one.tuples, one.inner});
        TestTensor data(dtype, {places, one.inner}), z(dtype, {places, one.inner});
        TestTensor indices(DType::kS64, {one.tuples, length});
        FillBytes(&x, &random), FillBytes(&data, &random);
        for (int64_t i = 0; i < indices.size(); ++i) {
          const int n = static_cast<int>(one.sizes[static_cast<size_t>(i % length)]) * (wild ? 2 : 1);
          SetIndex(&indices, i, random.Int(-n, n - 1));
        }
        if (wild) SetIndex(&indices, indices.size() - 1, -1 - one.sizes.back());
        ParamList params;
        params.Set("sizes", std::vector<double>(one.sizes.begin(), one.sizes.end()));
        params.Set("inner", static_cast<double>(one.inner)).Set("batch", static_cast<double>(one.batch));
        params.Set("reduction", "none");
        const Status gathered = RunStep("gather_nd", {&x, &indices}, {&y}, params, 3);
        REQUIRE_MESSAGE(AsExpected(gathered, wild), gathered.message());
        std::vector<uint8_t> want(y.view.bytes()), wanted(data.view.data, data.view.data + data.view.bytes());
        std::vector<int64_t> place(static_cast<size_t>(one.tuples));
        std::vector<bool> outside(static_cast<size_t>(one.tuples));
        for (int64_t i = 0; i < indices.size(); ++i) {
          const size_t tuple = static_cast<size_t>(i / length);
          const int64_t n = one.sizes[static_cast<size_t>(i % length)];
          place[tuple] = place[tuple] * n + Place(Index(indices, i), n);
          outside[tuple] = outside[tuple] || Outside(Index(indices, i), n);
        }
        const int64_t per_batch = one.tuples / one.batch;
        for (int64_t i = 0; i < y.size() && !wild; ++i) {
          const int64_t tuple = i / one.inner;
          const int64_t from = tuple / per_batch * places + place[static_cast<size_t>(tuple)];
          Move(want.data(), i, x, from * one.inner + i % one.inner);
        }
        if (!wild) CHECK(std::equal(want.begin(), want.end(), y.view.data));

        FillBytes(&y, &random);
        const Status scattered = RunStep("scatter_nd", {&data, &indices, &y}, {&z}, params, 3);
        REQUIRE_MESSAGE(AsExpected(scattered, wild), scattered.message());
        for (int64_t i = 0; i < y.size(); ++i) {
          const size_t tuple = static_cast<size_t>(i / one.inner);
          if (!outside[tuple]) Move(wanted.data(), place[tuple] * one.inner + i % one.inner, y, i);
        }
        CHECK(std::equal(wanted.begin(), wanted.end(), z.view.data));
      }
}

TEST_CASE("tensor_scatter: every place of the update once, from its start") {
  struct Case {
    int64_t batch, outer, length, inner, written;
  };
  Random random(4);
  for (const Case& one : {Case{1, 1, 1, 1, 1},
                          {2, 3, 7, 5, 2},
                          {3, 1, 4, 300, 4},
                          {2, 5, 67, 1, 0},
                          {5, 2, 3, 700, 1},
                          {0, 2, 3, 4, 1}})
    for (DType dtype : kTypes)
      for (DType index : {DType::kS32, DType::kS64})
        for (int circular : {0, 1}) {
          TestTensor data(dtype, {one.batch, one.outer, one.length, one.inner}), starts(index, {one.batch}),
              update(dtype, {one.batch, one.outer, one.written, one.inner}),
              y(dtype, Dims(data.view.dims.begin(), data.view.dims.begin() + 4));
          FillBytes(&data, &random), FillBytes(&update, &random);
          const int last = static_cast<int>(circular ? 3 * one.length : one.length - one.written);
          for (int64_t b = 0; b < one.batch; ++b) SetIndex(&starts, b, random.Int(0, last));
          std::vector<uint8_t> want(data.view.data, data.view.data + data.view.bytes());
          for (int64_t i = 0; i < update.size(); ++i) {
            const int64_t block = i / (one.inner * one.written), at = i / one.inner % one.written;
            const int64_t place = (Index(starts, block / one.outer) + at) % one.length;
            Move(want.data(), (block * one.length + place) * one.inner + i % one.inner, update, i);
          }
          const List dims = {double(one.batch), double(one.outer), double(one.length), double(one.inner)};
          ParamList params;
          params.Set("dims", dims).Set("written", static_cast<double>(one.written)).Set("circular", circular);
          for (TestTensor* result : {&y, &data}) {
            const Status status = RunStep("tensor_scatter", {&data, &starts, &update}, {result}, params, 3);
            REQUIRE_MESSAGE(status.ok(), status.message());
            CHECK(std::equal(want.begin(), want.end(), result->view.data));
          }
          if (one.batch == 0 || one.written == 0) continue;
          for (int64_t start : {int64_t{-1}, circular ? int64_t{-5} : last + int64_t{1}}) {
            SetIndex(&starts, one.batch - 1, start);
            CHECK(AsExpected(RunStep("tensor_scatter", {&data, &starts, &update}, {&y}, params, 3), true));
          }
        }
}

TEST_CASE("scatters work in place of the data, with the same sums for every number of threads") {
  Random random(3);
  TestTensor data(DType::kF32, {50, 300}), updates(DType::kF32, {200, 300}), one(DType::kF32, {50, 300});
  TestTensor rows(DType::kS64, {200, 1}), all(DType::kS64, {200, 300});
  data.FillF32(&random, -1, 1), updates.FillF32(&random, -1, 1);
  FillIndices(&rows, 50, false, &random), FillIndices(&all, 50, false, &random);
  ParamList params;
  params.Set("sizes", 50).Set("inner", 300).Set("axis", 0).Set("reduction", "add");
  for (const char* kind : {"scatter_nd", "scatter_elements"}) {
    TestTensor* indices = kind[8] == 'n' ? &rows : &all;
    REQUIRE(RunStep(kind, {&data, indices, &updates}, {&one}, params, 1).ok());
    TestTensor three(DType::kF32, {50, 300});
    std::memcpy(three.view.data, data.view.data, data.view.bytes());
    REQUIRE(RunStep(kind, {&three, indices, &updates}, {&three}, params, 3).ok());
    CHECK(std::memcmp(one.view.data, three.view.data, one.view.bytes()) == 0);
    CHECK_FALSE(RunStep(kind, {&three, indices, &updates}, {&updates}, params).ok());
  }
}

TEST_CASE("steps with indices refuse what does not fit") {
  TestTensor x(DType::kF32, {4, 3}), y(DType::kF32, {4, 2}), indices(DType::kS64, {4, 2});
  TestTensor floats(DType::kF32, {4, 2}), tall(DType::kS64, {5, 2}), none(DType::kF32, {4, 0});
  TestTensor tall_y(DType::kF32, {5, 2});
  const auto gather = [&](TestTensor* from, TestTensor* at, TestTensor* to, int axis) {
    return RunStep("gather_elements", {from, at}, {to}, ParamList().Set("axis", axis)).ok();
  };
  CHECK(gather(&x, &indices, &y, 1));
  CHECK_FALSE(gather(&x, &indices, &y, 2));
  CHECK_FALSE(gather(&x, &indices, &y, -1));
  CHECK_FALSE(gather(&x, &floats, &y, 1));
  CHECK_FALSE(gather(&x, &tall, &tall_y, 1));
  CHECK_FALSE(gather(&x, &indices, &x, 1));
  CHECK_FALSE(gather(&none, &indices, &y, 1));
  const auto scatter = [&](std::vector<double> sizes, int inner, const char* reduction) {
    TestTensor data(DType::kF64, {4, 3}), rows(DType::kS64, {2, 1}), updates(DType::kF64, {2, 3});
    ParamList params;
    params.Set("sizes", std::move(sizes)).Set("inner", inner).Set("reduction", reduction);
    return RunStep("scatter_nd", {&data, &rows, &updates}, {&data}, params).ok();
  };
  CHECK(scatter({4}, 3, "none"));
  CHECK_FALSE(scatter({4}, 3, "add"));  // no sums of f64
  CHECK_FALSE(scatter({4}, 3, "mean"));
  CHECK_FALSE(scatter({}, 12, "none"));
  CHECK_FALSE(scatter({12}, 1, "none"));
  CHECK_FALSE(scatter({-4}, -3, "none"));
  CHECK_FALSE(scatter({4294967296, 4294967296, 12}, 1, "none"));
  CHECK_FALSE(scatter({1, 1, 1, 1, 1, 1, 1, 1, 4}, 3, "none"));
  const auto put = [&](List dims, int written, int64_t samples) {
    TestTensor data(DType::kF64, {2, 3, 4}), starts(DType::kS64, {samples}), update(DType::kF64, {2, 2, 4});
    ParamList params;
    params.Set("dims", std::move(dims)).Set("written", written).Set("circular", 0);
    return RunStep("tensor_scatter", {&data, &starts, &update}, {&data}, params).ok();
  };
  CHECK(put({2, 1, 3, 4}, 2, 2));
  CHECK_FALSE(put({2, 1, 3, 4}, 1, 2));
  CHECK_FALSE(put({2, 1, 3, 4}, 2, 1));
  CHECK_FALSE(put({4, 1, 1, 6}, 2, 4));
  CHECK_FALSE(put({2, 3, 4}, 2, 2));
}

}  // namespace
}  // namespace kompakt
