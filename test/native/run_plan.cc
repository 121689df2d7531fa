// run_plan THREADS DUMP...: runs plans dumped by test/helpers/plan-dump.ts on the engine alone, without Node,
// and prints for each a line "<FNV-1a of the outputs> <file>". scripts/test-arm64.mjs runs it under an
// emulator and compares the lines. SPDX-License-Identifier: Apache-2.0
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "native/cpu/tier.h"
#include "native/engine/plan.h"

namespace {

class Reader {
 public:
  explicit Reader(std::vector<char> bytes) : bytes_(std::move(bytes)) {}
  uint32_t U32() {
    uint32_t value = 0;
    Take(&value, 4);
    return value;
  }
  std::vector<uint8_t> Block() {
    std::vector<uint8_t> block(U32());
    Take(block.data(), block.size());
    return block;
  }

 private:
  void Take(void* out, size_t count) {
    if (count > bytes_.size() - at_) {
      std::fprintf(stderr, "the dump is too short\n");
      std::exit(1);
    }
    if (count > 0) std::memcpy(out, bytes_.data() + at_, count);
    at_ += count;
  }
  std::vector<char> bytes_;
  size_t at_ = 0;
};

int Fail(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  return 1;
}

int RunDump(const char* path, int threads) {
  std::ifstream file(path, std::ios::binary);
  Reader in(std::vector<char>(std::istreambuf_iterator<char>(file), {}));
  if (in.U32() != 0x4454504b) return Fail(std::string(path) + " is not a plan dump");
  auto session = std::make_shared<kompakt::Session>(threads);
  for (uint32_t i = 0, count = in.U32(); i < count; ++i) {
    const std::vector<uint8_t> shape = in.Block();
    const std::vector<uint8_t> bytes = in.Block();
    session->AddConstant(bytes.data(), bytes.size(), std::string(shape.begin(), shape.end()));
  }
  const std::vector<uint8_t> program = in.Block();
  std::unique_ptr<kompakt::Plan> plan;
  const kompakt::Status status = kompakt::Plan::Create(session, program.data(), program.size(), &plan);
  if (!status.ok()) return Fail(status.message());
  for (uint32_t i = 0, count = in.U32(); i < count; ++i) {
    const kompakt::TensorView* tensor = plan->arena_tensor(in.U32());
    const std::vector<uint8_t> bytes = in.Block();
    if (tensor == nullptr || tensor->bytes() != bytes.size()) return Fail("an input does not fit");
    std::memcpy(tensor->data, bytes.data(), bytes.size());
  }
  plan->Run(0, plan->step_count());
  uint64_t hash = 0xcbf29ce484222325u;
  for (uint32_t i = 0, count = in.U32(); i < count; ++i) {
    const kompakt::TensorView* tensor = plan->arena_tensor(in.U32());
    const uint32_t size = in.U32();
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
