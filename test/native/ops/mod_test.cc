// The step mod against std::fmod and the remainder of C++: every sign, size and broadcast.
// SPDX-License-Identifier: Apache-2.0
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

template <typename T>
T Wanted(T a, T b, bool truncated) {
  if (b == 0 || (std::is_signed_v<T> && b == static_cast<T>(-1))) return 0;
  const T rest = static_cast<T>(a % b);
  return truncated || rest == 0 || (rest < 0) == (b < 0) ? rest : static_cast<T>(rest + b);
}

/// Numbers of every size, and those at the ends of the type.
template <typename T>
T Any(Random* random) {
  const uint64_t bits = (static_cast<uint64_t>(random->Next()) << 32) | random->Next();
  const int kind = random->Int(0, 9);
  if (kind == 0) return std::numeric_limits<T>::min();
  if (kind == 1) return std::numeric_limits<T>::max();
  if (kind == 2) return 0;
  const int shift = random->Int(0, static_cast<int>(8 * sizeof(T)) - 1);
  const T value = static_cast<T>(static_cast<T>(bits) >> shift);
  return value;
}

template <typename T>
void CheckIntegers(DType dtype, bool small) {
  Random random(small ? 1 : 2);
  constexpr int64_t kCount = 3000;
  for (bool truncated : {false, true})
    for (int sides = 0; sides < 3; ++sides) {
      TestTensor a(dtype, {sides == 0 ? 1 : kCount}), b(dtype, {sides == 1 ? 1 : kCount}), y(dtype, {kCount});
      for (TestTensor* tensor : {&a, &b})
        for (int64_t i = 0; i < tensor->size(); ++i)
          tensor->as<T>()[i] = small ? static_cast<T>(random.Int(1, 99)) : Any<T>(&random);
      const Status status =
          RunStep("mod", {&a, &b}, {&y}, ParamList().Set("truncated", truncated ? 1 : 0), 3);
      // What is by 0 counts as 0 until the run ends.
      const bool by_zero = std::count(b.as<T>(), b.as<T>() + b.size(), T{0}) > 0;
      REQUIRE(status.ok() == !by_zero);
      int wrong = 0;
      for (int64_t i = 0; i < kCount; ++i) {
        const T u = a.as<T>()[sides == 0 ? 0 : i], v = b.as<T>()[sides == 1 ? 0 : i];
        wrong += y.as<T>()[i] == Wanted(u, v, truncated) ? 0 : 1;
      }
      CHECK(wrong == 0);
    }
}

TEST_CASE("mod step: integers, also by 0 and of numbers beyond double precision") {
  for (bool small : {true, false}) {
    CheckIntegers<int64_t>(DType::kS64, small);
    CheckIntegers<int32_t>(DType::kS32, small);
    CheckIntegers<uint8_t>(DType::kU8, small);
  }
}

TEST_CASE("mod step: int64 around the bounds of what double precision does") {
  for (int64_t divisor : {int64_t{1}, int64_t{3}, int64_t{-7}, int64_t{80}, (int64_t{1} << 47) + 1,
                          (int64_t{1} << 48) - 1, -(int64_t{1} << 48), int64_t{1} << 48}) {
    std::vector<int64_t> values;
    for (int64_t center :
         {int64_t{0}, divisor, -divisor, int64_t{1} << 47, (int64_t{1} << 48) - 4, -(int64_t{1} << 48) + 3})
      for (int64_t i = -3; i <= 3; ++i) values.push_back(center + i), values.push_back(center / 3 * 3 + i);
    for (int64_t value : values) {
      TestTensor a(DType::kS64, {1}), b(DType::kS64, {1}), y(DType::kS64, {1});
      a.as<int64_t>()[0] = value, b.as<int64_t>()[0] = divisor;
      for (bool truncated : {false, true}) {
        REQUIRE(RunStep("mod", {&a, &b}, {&y}, ParamList().Set("truncated", truncated ? 1 : 0)).ok());
        CHECK(y.as<int64_t>()[0] == Wanted(value, divisor, truncated));
      }
    }
  }
}

TEST_CASE("mod step: floats of all exponents as std::fmod") {
  Random random(3);
  constexpr int64_t kCount = 20000;
  for (int sides = 0; sides < 3; ++sides)
    for (bool wild : {false, true}) {
      TestTensor a(DType::kF32, {sides == 0 ? 1 : kCount}), b(DType::kF32, {sides == 1 ? 1 : kCount}),
          y(DType::kF32, {kCount});
      a.FillF32(&random, -1000, 1000), b.FillF32(&random, -3, 3);
      if (wild)
        for (TestTensor* tensor : {&a, &b})
          for (int64_t i = 0; i < tensor->size(); ++i) {
            const uint32_t bits = random.Next();
            std::memcpy(tensor->view.data + 4 * i, &bits, 4);
          }
      REQUIRE(RunStep("mod", {&a, &b}, {&y}, ParamList().Set("truncated", 1), 3).ok());
      int wrong = 0;
      for (int64_t i = 0; i < kCount; ++i) {
        const float want = std::fmod(a.as<float>()[sides == 0 ? 0 : i], b.as<float>()[sides == 1 ? 0 : i]);
        const float got = y.as<float>()[i];
        const bool same = std::isnan(want) ? std::isnan(got) : std::memcmp(&want, &got, 4) == 0;
        wrong += same ? 0 : 1;
      }
      CHECK(wrong == 0);
    }
}

TEST_CASE("mod step refuses what it cannot do") {
  TestTensor a(DType::kF32, {4}), b(DType::kF32, {4}), y(DType::kF32, {4}), bytes(DType::kU8, {4});
  CHECK(RunStep("mod", {&a, &b}, {&y}, ParamList().Set("truncated", 1)).ok());
  CHECK_FALSE(RunStep("mod", {&a, &b}, {&y}, ParamList().Set("truncated", 0)).ok());
  CHECK_FALSE(RunStep("mod", {&a, &b}, {&a}, ParamList().Set("truncated", 1)).ok());
  CHECK_FALSE(RunStep("mod", {&a, &bytes}, {&y}, ParamList().Set("truncated", 1)).ok());
  TestTensor odd(DType::kF32, {3}), wide(DType::kF64, {4});
  CHECK_FALSE(RunStep("mod", {&a, &odd}, {&y}, ParamList().Set("truncated", 1)).ok());
  CHECK_FALSE(RunStep("mod", {&wide, &wide}, {&wide}, ParamList().Set("truncated", 1)).ok());
}

}  // namespace
}  // namespace kompakt
