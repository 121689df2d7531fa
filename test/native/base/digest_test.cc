// Digest: the same for every way of cutting the input, another after every change, and the same number on
// every CPU. SPDX-License-Identifier: Apache-2.0
#include "native/base/digest.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace kompakt::testing {
namespace {

std::vector<uint8_t> Sample(size_t size) {
  std::vector<uint8_t> bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i * i / 7 + i);
  return bytes;
}

std::string HexOf(const std::vector<uint8_t>& bytes) { return DigestOf(bytes.data(), bytes.size()).Hex(); }

TEST_CASE("a digest does not depend on the pieces that its input comes in") {
  for (size_t size : {0, 1, 63, 64, 65, 128, 1000}) {
    const std::vector<uint8_t> bytes = Sample(size);
    for (size_t piece : {1, 7, 64, 65, 1001}) {
      Digester digester;
      for (size_t at = 0; at < size; at += piece) digester.Add(bytes.data() + at, std::min(piece, size - at));
      CHECK(digester.Finish().Hex() == HexOf(bytes));
    }
  }
}

TEST_CASE("every flipped bit, every exchange of blocks or words and every length has a digest of its own") {
  const std::vector<uint8_t> bytes = Sample(320);
  std::set<std::string> seen = {HexOf(bytes)};
  size_t count = 1;
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit, ++count) {
    std::vector<uint8_t> changed = bytes;
    changed[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    seen.insert(HexOf(changed));
  }
  for (size_t unit : {8, 64})
    for (size_t a = 0; a < bytes.size(); a += unit)
      for (size_t b = a + unit; b < bytes.size(); b += unit, ++count) {
        std::vector<uint8_t> changed = bytes;
        std::swap_ranges(changed.begin() + static_cast<long>(a),
                         changed.begin() + static_cast<long>(a + unit),
                         changed.begin() + static_cast<long>(b));
        seen.insert(HexOf(changed));
      }
  for (size_t size = 0; size < 200; ++size, ++count) seen.insert(HexOf(std::vector<uint8_t>(size)));
  CHECK(seen.size() == count);
}

TEST_CASE("the digest of given bytes is the same number everywhere") {
  CHECK(HexOf(Sample(1000)) == "bb4208c0c88a309cd7c1186efacf55b7");
}

}  // namespace
}  // namespace kompakt::testing
