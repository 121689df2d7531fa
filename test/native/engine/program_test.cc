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
  const int first = session.AddConstant(bytes, 100, "a");
  CHECK(session.AddConstant(bytes, 100, "a") == first);
  CHECK(session.AddConstant(bytes, 100, "b") != first);
  CHECK(session.AddConstant(bytes, 99, "a") != first);
  CHECK(session.AddConstant(bytes, 0, "a") >= 0);
}

}  // namespace
}  // namespace kompakt
