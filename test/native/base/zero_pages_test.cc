// ZeroPages: as many zeros as were asked for, of which earlier ones stay.
// SPDX-License-Identifier: Apache-2.0
#include "native/base/zero_pages.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>

#include "native/base/aligned_buffer.h"

namespace kompakt::testing {
namespace {

TEST_CASE("zeros can be read to the end and beyond, while more are asked for") {
  ZeroPages zeros;
  const uint8_t* few = zeros.Get(5);
  REQUIRE(few != nullptr);
  CHECK(zeros.Get(3) == few);
  constexpr size_t kMany = size_t{9} << 20;
  const uint8_t* many = zeros.Get(kMany);
  REQUIRE(many != nullptr);
  const auto all_zero = [](const uint8_t* data, size_t size) {
    return std::all_of(data, data + size, [](uint8_t byte) { return byte == 0; });
  };
  CHECK(all_zero(many, kMany + kReadPadding));
  CHECK(all_zero(few, 5 + kReadPadding));
}

TEST_CASE("more than there can be is null, and what was there stays") {
  ZeroPages zeros;
  const uint8_t* few = zeros.Get(5);
  CHECK(zeros.Get(SIZE_MAX) == nullptr);
  CHECK(zeros.Get(SIZE_MAX - kReadPadding + 1) == nullptr);
  CHECK(zeros.Get(size_t{1} << 60) == nullptr);
  CHECK(zeros.Get(5) == few);
}

}  // namespace
}  // namespace kompakt::testing
