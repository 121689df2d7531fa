// Fuzz target over the native entry: a dump of a plan (constants, program, inputs), changed at random, is
// decoded, made and run. Nothing may be read or written outside of memory, and nothing may hang. Seeds: the
// steps of the native tests (KOMPAKT_SEEDS, see harness.h). SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstring>

#include "native/engine/program.h"
#include "test/native/plan_dump.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace {

using kompakt::testing::PlanDump;

/// Arena bytes above which a program is not run: the time of a step grows with its tensors.
constexpr uint64_t kMostArena = 1 << 16;

/// Replaces one of the numbers (dims, offsets, parameters are doubles) by one that likes to break things.
void ChangeNumber(PlanDump::Bytes* program, uint32_t random) {
  constexpr double kNasty[] = {0,       1,    2,     3,     -1,         15,         16,
                               17,      63,   64,    65,    127,        128,        255,
                               256,     0.5,  65535, 65536, 2147483647, 2147483648, 4294967295,
                               1 << 24, 1e12, NAN,   1e300, -2147483647};
  constexpr size_t kCount = sizeof(kNasty) / sizeof(kNasty[0]);
  for (size_t step = 0; step + 8 <= program->size(); ++step) {
    const size_t at = (random / 64 + step) % (program->size() - 7);
    double value;
    std::memcpy(&value, program->data() + at, 8);
    if (!(std::fabs(value) <= 1e12) || (value != 0 && std::fabs(value) < 1e-6)) continue;
    if (value != std::floor(value)) continue;
    switch (random % 4) {
      case 0:
        value += 1;
        break;
      case 1:
        value -= 1;
        break;
      default:
        value = kNasty[random / 4 % kCount];
    }
    std::memcpy(program->data() + at, &value, 8);
    return;
  }
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed) {
  PlanDump dump;
  if (seed % 8 == 0 || !kompakt::testing::ReadPlanDump(data, size, &dump))
    return LLVMFuzzerMutate(data, size, max_size);
  uint32_t random = seed;
  for (uint32_t changes = seed / 8 % 3 + 1; changes > 0; --changes) {
    random = random * 1664525u + 1013904223u;
    if (random >> 30 == 0) {
      const size_t used = dump.program.size();
      dump.program.resize(used + 64);
      dump.program.resize(LLVMFuzzerMutate(dump.program.data(), used, used + 64));
    } else {
      ChangeNumber(&dump.program, random);
    }
  }
  const std::vector<uint8_t> bytes = kompakt::testing::WritePlanDump(dump);
  if (bytes.size() > max_size) return size;
  std::memcpy(data, bytes.data(), bytes.size());
  return bytes.size();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  PlanDump dump;
  if (!kompakt::testing::ReadPlanDump(data, size, &dump)) return 0;
  kompakt::Program program;
  if (!kompakt::DecodeProgram(dump.program.data(), dump.program.size(), &program).ok()) return 0;
  if (program.arena_bytes > kMostArena || program.steps.size() > 8) return 0;
  std::unique_ptr<kompakt::Plan> plan;
  // Inputs that no longer fit are as good as any: the arena is then zero.
  const bool ready = kompakt::testing::MakePlan(dump, 1 + static_cast<int>(size % 2), &plan).ok();
  if (ready || plan != nullptr) plan->Run(0, plan->step_count());
  return 0;
}
