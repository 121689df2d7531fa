// The steps one_hot, trilu, reverse_sequence and cumulate against naive loops: every element size, one and
// several threads, indices and lengths out of range. SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "test/native/harness.h"

namespace kompakt {
namespace {

using testing::ParamList;
using testing::Random;
using testing::RunStep;
using testing::TestTensor;
using List = std::vector<double>;

constexpr DType kTypes[] = {DType::kF32, DType::kU8, DType::kU16, DType::kS32, DType::kS64, DType::kF64};

void FillBytes(TestTensor* tensor, Random* random) {
  for (size_t i = 0; i < tensor->view.bytes(); ++i)
    tensor->view.data[i] = static_cast<uint8_t>(random->Next());
}

bool Same(const TestTensor& y, int64_t at, const TestTensor& x, int64_t from) {
  const size_t bytes = DTypeBytes(x.view.dtype);
  return std::memcmp(y.view.data + static_cast<size_t>(at) * bytes,
                     x.view.data + static_cast<size_t>(from) * bytes, bytes) == 0;
}

struct Lines {
  int64_t outer, n, inner;
};
const Lines kLines[] = {{1, 1, 1}, {1, 7, 1}, {5, 130, 1}, {9, 3, 5}, {2, 67, 301}, {700, 40, 1}};

TEST_CASE("one_hot: on at the place of the index alone") {
  Random random(1);
  for (const Lines& one : kLines)
    for (DType dtype : kTypes)
      for (DType index : {DType::kS32, DType::kS64, DType::kF32, DType::kU8}) {
        TestTensor indices(index, {one.outer, one.inner}), values(dtype, {2}),
            y(dtype, {one.outer, one.n, one.inner});
        FillBytes(&values, &random);
        const int bound = static_cast<int>(one.n) + 2;
        std::vector<int64_t> places;
        for (int64_t i = 0; i < indices.size(); ++i) {
          const int value = random.Int(index == DType::kU8 ? 0 : -bound, bound);
          const int64_t place = value < 0 ? value + one.n : value;
          places.push_back(place);
          if (index == DType::kS32) indices.as<int32_t>()[i] = value;
          if (index == DType::kS64) indices.as<int64_t>()[i] = value;
          if (index == DType::kF32) indices.as<float>()[i] = static_cast<float>(value);
          if (index == DType::kU8)
            indices.as<uint8_t>()[i] = static_cast<uint8_t>(value), places.back() = value & 255;
        }
        const List dims = {double(one.outer), double(one.n), double(one.inner)};
        const Status status = RunStep("one_hot", {&indices, &values}, {&y}, ParamList().Set("dims", dims), 3);
        REQUIRE_MESSAGE(status.ok(), status.message());
        int wrong = 0;
        for (int64_t i = 0; i < y.size(); ++i) {
          const int64_t place =
              places[static_cast<size_t>(i / (one.n * one.inner) * one.inner + i % one.inner)];
          wrong += Same(y, i, values, place == i / one.inner % one.n ? 1 : 0) ? 0 : 1;
        }
        CHECK(wrong == 0);
      }
}

TEST_CASE("trilu: one triangle stays") {
  Random random(2);
  for (const Lines& one : kLines)
    for (DType dtype : kTypes)
      for (int upper : {0, 1})
        for (int k : {-40, -1, 0, 2, 40}) {
          TestTensor x(dtype, {one.outer, one.n, one.inner}), y(dtype, {one.outer, one.n, one.inner}),
              zero(dtype, {1});
          FillBytes(&x, &random);
          std::memset(zero.view.data, 128, zero.view.bytes());
          ParamList params;
          params.Set("dims", List{double(one.outer), double(one.n), double(one.inner)});
          params.Set("k", k).Set("upper", upper).Set("zero", 128);
          REQUIRE(RunStep("trilu", {&x}, {&y}, params, 3).ok());
          int wrong = 0;
          for (int64_t i = 0; i < y.size(); ++i) {
            const int64_t diagonal = i % one.inner - i / one.inner % one.n;
            const bool stays = upper ? diagonal >= k : diagonal <= k;
            wrong += (stays ? Same(y, i, x, i) : Same(y, i, zero, 0)) ? 0 : 1;
          }
          CHECK(wrong == 0);
        }
}

TEST_CASE("reverse_sequence: lengths from none to all, and refusals") {
  Random random(3);
  for (const Lines& one : kLines)
    for (DType dtype : kTypes)
      for (int time_first : {0, 1}) {
        const int64_t times = time_first ? one.outer : one.n, batch = time_first ? one.n : one.outer;
        TestTensor x(dtype, {one.outer, one.n, one.inner}), y(dtype, {one.outer, one.n, one.inner});
        TestTensor lengths(DType::kS64, {batch});
        FillBytes(&x, &random);
        for (int64_t i = 0; i < batch; ++i) lengths.as<int64_t>()[i] = random.Int(0, static_cast<int>(times));
        ParamList params;
        params.Set("dims", List{double(one.outer), double(one.n), double(one.inner)})
            .Set("timeFirst", time_first);
        REQUIRE(RunStep("reverse_sequence", {&x, &lengths}, {&y}, params, 3).ok());
        int wrong = 0;
        for (int64_t i = 0; i < y.size(); ++i) {
          const int64_t a = i / one.inner / one.n, b = i / one.inner % one.n;
          const int64_t time = time_first ? a : b;
          const int64_t length = lengths.as<int64_t>()[time_first ? b : a];
          const int64_t from = time < length ? length - 1 - time : time;
          const int64_t run = time_first ? from * one.n + b : a * one.n + from;
          wrong += Same(y, i, x, run * one.inner + i % one.inner) ? 0 : 1;
        }
        CHECK(wrong == 0);
        for (int64_t length : {int64_t{-1}, times + 1, std::numeric_limits<int64_t>::max()}) {
          lengths.as<int64_t>()[batch - 1] = length;
          const Status status = RunStep("reverse_sequence", {&x, &lengths}, {&y}, params, 3);
          CHECK(std::string(status.code()) == "KPT_DATA_MALFORMED");
        }
      }
}

template <typename T, typename Total>
void CheckCumulate(DType dtype) {
  Random random(4);
  for (const Lines& one : kLines)
    for (const char* op : {"sum", "prod"})
      for (int flags = 0; flags < 4; ++flags) {
        const bool exclusive = flags & 1, reverse = flags & 2, sum = op[0] == 's';
        TestTensor x(dtype, {one.outer, one.n, one.inner}), y(dtype, {one.outer, one.n, one.inner});
        for (int64_t i = 0; i < x.size(); ++i) x.as<T>()[i] = static_cast<T>(random.Float(-40, 40));
        ParamList params;
        params.Set("dims", List{double(one.outer), double(one.n), double(one.inner)}).Set("op", op);
        params.Set("exclusive", exclusive ? 1 : 0).Set("reverse", reverse ? 1 : 0);
        REQUIRE(RunStep("cumulate", {&x}, {&y}, params, 3).ok());
        int wrong = 0;
        for (int64_t line = 0; line < one.outer * one.inner; ++line) {
          Total total = sum ? 0 : 1;
          for (int64_t i = 0; i < one.n; ++i) {
            const int64_t at =
                (line / one.inner * one.n + (reverse ? one.n - 1 - i : i)) * one.inner + line % one.inner;
            const Total value = static_cast<Total>(x.as<T>()[at]), next = sum ? total + value : total * value;
            wrong += y.as<T>()[at] == static_cast<T>(exclusive ? total : next) ? 0 : 1;
            total = next;
          }
        }
        CHECK(wrong == 0);
      }
}

TEST_CASE("cumulate: sums and products from both ends, with and without the element") {
  CheckCumulate<float, double>(DType::kF32);
  CheckCumulate<int32_t, uint32_t>(DType::kS32);
  CheckCumulate<int64_t, uint64_t>(DType::kS64);
}

TEST_CASE("placing steps refuse what does not fit") {
  TestTensor x(DType::kF32, {2, 3, 4}), y(DType::kF32, {2, 3, 4}), indices(DType::kS64, {2, 4}),
      values(DType::kF32, {2});
  TestTensor lengths(DType::kS64, {2}), three(DType::kF32, {3}), bytes(DType::kU8, {2});
  const List good = {2, 3, 4}, bad = {2, 3, 5}, negative = {-2, -3, 4};
  const auto ok = [&](const char* kind, std::vector<TestTensor*> inputs, TestTensor* out, const List& dims,
                      int zero = 0) {
    ParamList params;
    params.Set("dims", dims).Set("k", 0).Set("upper", 1).Set("zero", zero).Set("timeFirst", 0);
    return RunStep(kind, inputs, {out}, params.Set("op", "sum").Set("exclusive", 0).Set("reverse", 0)).ok();
  };
  CHECK(ok("one_hot", {&indices, &values}, &y, good));
  CHECK(ok("trilu", {&x}, &y, good));
  CHECK(ok("reverse_sequence", {&x, &lengths}, &y, good));
  CHECK(ok("cumulate", {&x}, &y, good));
  for (const List& dims : {bad, negative}) {
    CHECK_FALSE(ok("one_hot", {&indices, &values}, &y, dims));
    CHECK_FALSE(ok("trilu", {&x}, &y, dims));
    CHECK_FALSE(ok("reverse_sequence", {&x, &lengths}, &y, dims));
    CHECK_FALSE(ok("cumulate", {&x}, &y, dims));
  }
  CHECK_FALSE(ok("one_hot", {&indices, &three}, &y, good));
  CHECK_FALSE(ok("one_hot", {&indices, &bytes}, &y, good));
  CHECK_FALSE(ok("one_hot", {&lengths, &values}, &y, good));
  CHECK_FALSE(ok("trilu", {&x}, &x, good));
  CHECK_FALSE(ok("trilu", {&x}, &y, good, 256));
  CHECK_FALSE(ok("reverse_sequence", {&x, &values}, &y, good));
  CHECK_FALSE(ok("reverse_sequence", {&x, &indices}, &y, good));
  CHECK_FALSE(ok("reverse_sequence", {&x, &lengths}, &x, good));
}

}  // namespace
}  // namespace kompakt
