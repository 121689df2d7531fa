// Session: constants are found again by what they hold; those that nobody has any more are zeros that cannot
// be packed. SPDX-License-Identifier: Apache-2.0
#include "native/engine/session.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace kompakt::testing {
namespace {

const std::vector<uint8_t> kBytes = {1, 2, 3, 4, 5, 6};

int Add(Session& session, const std::vector<uint8_t>& bytes, const Session::Order& order = {}) {
  return session.AddConstant(bytes.data(), bytes.size(), "uint8[6]", order);
}

const uint8_t* Pack(Session& session, int constant, uint8_t value) {
  PackCache& packs = session;
  return packs.Get(constant, "tag", 4, [&](uint8_t* block) { std::memset(block, value, 4); });
}

TEST_CASE("equal bytes of equal shape and order are one constant") {
  Session session(1);
  const std::vector<uint8_t> same = kBytes;
  CHECK(Add(session, kBytes) == 0);
  CHECK(Add(session, same) == 0);
  CHECK(Add(session, kBytes, {2, 3, 1}) == 1);
  CHECK(session.AddConstant(kBytes.data(), 6, "int8[6]", {}) == 2);
  CHECK(Add(session, kBytes, {4, 1, 1}) == -1);
  const std::vector<uint8_t> transposed = {1, 4, 2, 5, 3, 6};
  CHECK(std::memcmp(session.Load(1), transposed.data(), 6) == 0);
}

TEST_CASE("a session keeps only the constants that some step reads as they are") {
  Session session(1);
  std::vector<uint8_t> packed(1000, 1), raw(1000, 2);
  const int first = session.AddConstant(packed.data(), packed.size(), "a", {});
  const int second = session.AddConstant(raw.data(), raw.size(), "b", {});
  REQUIRE(session.Load(first) != nullptr);
  REQUIRE(session.Load(second) != nullptr);
  CHECK(session.bytes() == 2000);
  session.BeginStep();
  const uint8_t* block = Pack(session, first, 3);
  REQUIRE(block != nullptr);
  CHECK(session.PackedNow(first));
  CHECK_FALSE(session.PackedNow(second));
  session.Pin(second);
  session.Unload(first);
  session.Unload(second);
  CHECK(session.bytes() == 1004);
  session.ForgetSources();
  std::fill(packed.begin(), packed.end(), uint8_t{99});
  std::fill(raw.begin(), raw.end(), uint8_t{99});

  CHECK_FALSE(session.Absent(second));
  CHECK(session.Load(second)[999] == 2);
  CHECK(session.Absent(first));
  CHECK(session.Load(first)[999] == 0);
  // A program that was made before finds what it packed then.
  session.BeginStep();
  CHECK_FALSE(session.PackedNow(first));
  CHECK(Pack(session, first, 4) == block);
  CHECK(session.PackedNow(first));
  CHECK(block[3] == 3);
  CHECK(static_cast<PackCache&>(session).Get(first, "tag", 5, [](uint8_t*) {}) == nullptr);
}

TEST_CASE("an absent constant cannot be packed anew, until it is added again") {
  Session session(1);
  const int constant = Add(session, kBytes);
  session.ForgetSources();
  CHECK(Pack(session, constant, 1) == nullptr);
  CHECK(Add(session, kBytes) == constant);
  CHECK_FALSE(session.Absent(constant));
  CHECK(Pack(session, constant, 1) != nullptr);
}

}  // namespace
}  // namespace kompakt::testing
