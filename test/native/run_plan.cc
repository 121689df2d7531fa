// run_plan THREADS DUMP...: runs plans dumped by test/helpers/plan-dump.ts on the engine alone, without Node,
// and prints for each a line "<FNV-1a of the outputs> <file>". scripts/test-arm64.mjs runs it under an
// emulator and compares the lines. SPDX-License-Identifier: Apache-2.0
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "native/cpu/tier.h"
#include "test/native/plan_dump.h"

namespace {

using kompakt::testing::PlanDump;

int Fail(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  return 1;
}

int RunDump(const char* path, int threads) {
  std::ifstream file(path, std::ios::binary);
  const PlanDump::Bytes bytes(std::istreambuf_iterator<char>(file), {});
  PlanDump dump;
  if (!kompakt::testing::ReadPlanDump(bytes.data(), bytes.size(), &dump))
    return Fail(std::string(path) + " is not a plan dump");
  std::unique_ptr<kompakt::Plan> plan;
  const kompakt::Status status = kompakt::testing::MakePlan(dump, threads, &plan);
  if (!status.ok()) return Fail(status.message());
  plan->Run(0, plan->step_count());
  uint64_t hash = 0xcbf29ce484222325u;
  for (const auto& [id, size] : dump.outputs) {
    const kompakt::TensorView* tensor = plan->arena_tensor(id);
    if (tensor == nullptr || tensor->bytes() != size) return Fail("an output does not fit");
    for (uint32_t k = 0; k < size; ++k) hash = (hash ^ tensor->data[k]) * 0x100000001b3u;
  }
  std::printf("%016" PRIx64 " %s\n", hash, path);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return Fail("usage: run_plan THREADS DUMP...");
  std::fprintf(stderr, "tier %s\n", kompakt::TierName(kompakt::BestTier()));
  for (int i = 2; i < argc; ++i)
    if (RunDump(argv[i], std::atoi(argv[1])) != 0) return 1;
  return 0;
}
