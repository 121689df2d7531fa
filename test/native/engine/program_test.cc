// Programs are not trusted: every truncation and every flipped byte is refused or decodes into something
// consistent. SPDX-License-Identifier: Apache-2.0
#include "native/engine/program.h"

#include <cstring>
#include <memory>

#include "doctest/doctest.h"
#include "native/engine/plan.h"

namespace kompakt {
namespace {

class Writer {
 public:
  template <typename T>
  Writer& Put(T value) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(&value);
    out.insert(out.end(), bytes, bytes + sizeof(T));
    return *this;
  }
  Writer& Text(const char* text) {
    Put(static_cast<uint16_t>(std::strlen(text)));
    out.insert(out.end(), text, text + std::strlen(text));
    return *this;
  }
  std::vector<uint8_t> out;
};

Writer& Header(Writer& w, double arena) {
  return w.Put<uint32_t>(0x5054504b).Put<uint32_t>(1).Put<double>(arena);
}

Writer& Tensor(Writer& w, uint8_t dtype, double offset, double size) {
  return w.Put<uint8_t>(dtype)
      .Put<uint8_t>(0)
      .Put<uint8_t>(1)
      .Put<int32_t>(0)
      .Put<double>(offset)
      .Put<double>(size);
}

/// fill(value = 7) over 16 bytes.
std::vector<uint8_t> FillProgram() {
  Writer w;
  Header(w, 64).Put<uint32_t>(1);
  Tensor(w, 1, 0, 16).Put<uint32_t>(1);
  w.Text("fill").Put<uint16_t>(0).Put<uint16_t>(1).Put<int32_t>(0).Put<uint16_t>(1);
  w.Text("value").Put<uint8_t>(0).Put<uint32_t>(1).Put<double>(7);
  return w.out;
}

Status Decode(const std::vector<uint8_t>& bytes) {
  Program program;
  return DecodeProgram(bytes.data(), bytes.size(), &program);
}

TEST_CASE("a program decodes and runs") {
  const std::vector<uint8_t> bytes = FillProgram();
  std::unique_ptr<Plan> plan;
  const Status status = Plan::Create(std::make_shared<Session>(1), bytes.data(), bytes.size(), &plan);
  REQUIRE_MESSAGE(status.ok(), status.message());
  CHECK(plan->Run(0, plan->step_count()) == RunResult::kDone);
  const TensorView* tensor = plan->arena_tensor(0);
  for (int i = 0; i < 16; ++i) CHECK(tensor->data[i] == 7);
  CHECK(plan->arena_tensor(1) == nullptr);
  plan->Abort();
  CHECK(plan->Run(0, plan->step_count()) == RunResult::kAborted);
}

TEST_CASE("every truncation is refused") {
  const std::vector<uint8_t> bytes = FillProgram();
  for (size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(Decode(std::vector<uint8_t>(bytes.begin(), bytes.begin() + static_cast<int64_t>(size))).ok());
  std::vector<uint8_t> longer = bytes;
  longer.push_back(0);
  CHECK_FALSE(Decode(longer).ok());
}

TEST_CASE("changed bytes never crash") {
  const std::vector<uint8_t> bytes = FillProgram();
  for (size_t at = 8; at < bytes.size(); ++at)
    for (int change : {0x01, 0x80, 0xff}) {
      std::vector<uint8_t> changed = bytes;
      changed[at] = static_cast<uint8_t>(changed[at] ^ change);
      Program program;
      if (!DecodeProgram(changed.data(), changed.size(), &program).ok() || program.arena_bytes > 1 << 20)
        continue;
      std::unique_ptr<Plan> plan;
      if (Plan::Create(std::make_shared<Session>(1), changed.data(), changed.size(), &plan).ok())
        plan->Run(0, plan->step_count());
    }
}

TEST_CASE("tensors outside the arena, odd offsets and absurd sizes are refused") {
  for (const auto& [offset, size] : std::vector<std::pair<double, double>>{
           {0, 65}, {64, 1}, {8, 8}, {-64, 8}, {0, -1}, {0, 1e300}, {0, 0.5}}) {
    Writer w;
    Header(w, 64).Put<uint32_t>(1);
    Tensor(w, 1, offset, size).Put<uint32_t>(0);
    CHECK_FALSE(Decode(w.out).ok());
  }
}

TEST_CASE("equal constants of equal shape are kept once") {
  Session session(1);
  const uint8_t bytes[100] = {1, 2, 3};
  const int first = session.AddConstant(bytes, 100, "a", {});
  CHECK(session.AddConstant(bytes, 100, "a", {}) == first);
  CHECK(session.AddConstant(bytes, 100, "b", {}) != first);
  CHECK(session.AddConstant(bytes, 99, "a", {}) != first);
  CHECK(session.AddConstant(bytes, 0, "a", {}) >= 0);
}

TEST_CASE("constants are transposed matrix by matrix when a step wants that") {
  Session session(1);
  // Two matrices of 2 by 3.
  const std::vector<float> source = {1, 2, 3, 4, 5, 6, -1, -2, -3, -4, -5, -6};
  const uint8_t* bytes = reinterpret_cast<const uint8_t*>(source.data());
  const size_t size = source.size() * sizeof(float);
  const int plain = session.AddConstant(bytes, size, "w", {});
  const int moved = session.AddConstant(bytes, size, "w", {2, 3, 4});
  CHECK(moved != plain);
  CHECK(session.AddConstant(bytes, size, "w", {2, 3, 4}) == moved);
  CHECK(session.AddConstant(bytes, size, "w", {3, 2, 4}) != moved);
  const float* loaded = reinterpret_cast<const float*>(session.Load(moved));
  CHECK(std::vector<float>(loaded, loaded + 12) ==
        std::vector<float>{1, 4, 2, 5, 3, 6, -1, -4, -2, -5, -3, -6});
  CHECK(std::memcmp(session.Load(plain), bytes, size) == 0);
  for (size_t element : {1, 2, 8}) {
    const size_t rows = 3, columns = size / element / rows;
    const uint8_t* to = session.Load(session.AddConstant(bytes, size, "e", {rows, columns, element}));
    for (size_t r = 0; r < rows; ++r)
      for (size_t c = 0; c < columns; ++c)
        CHECK(std::memcmp(to + (c * rows + r) * element, bytes + (r * columns + c) * element, element) == 0);
  }
  // No number of such matrices.
  CHECK(session.AddConstant(bytes, size, "w", {5, 3, 4}) == -1);
  CHECK(session.AddConstant(bytes, size, "w", {2, 0, 4}) == -1);
  CHECK(session.AddConstant(bytes, size, "w", {2, 4, 4}) == -1);
  CHECK(session.AddConstant(bytes, size - 1, "w", {2, 3, 4}) == -1);
  CHECK(session.AddConstant(bytes, size, "w", {2, 3, 3}) == -1);
  CHECK(session.AddConstant(bytes + 1, size - 4, "w", {11, 1, 4}) == -1);
  CHECK(session.AddConstant(bytes, 0, "w", {2, 3, 4}) >= 0);
}

}  // namespace
}  // namespace kompakt
