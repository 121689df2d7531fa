// A main for the fuzz target where there is no libFuzzer: fuzz_plans FILE... runs what was found once, so
// that it stays fixed under every compiler and sanitizer; fuzz_plans --seconds N FILE... goes on to change
// these files at random, without looking at coverage. SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed);

namespace {

uint32_t random_state = 1;

uint32_t Random(uint32_t below) {
  random_state = random_state * 1664525u + 1013904223u;
  return static_cast<uint32_t>(static_cast<uint64_t>(random_state) * below >> 32);
}

using Bytes = std::vector<uint8_t>;

void Save(const char* path, const Bytes& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

/// Writes each case before it runs: after a crash the file is the finding.
void Fuzz(const std::vector<Bytes>& seeds, int seconds, const char* current) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  int64_t cases = 0;
  for (; std::chrono::steady_clock::now() < end; ++cases) {
    Bytes bytes = seeds[Random(static_cast<uint32_t>(seeds.size()))];
    const size_t room = bytes.size() + 64;
    for (uint32_t changes = 1 + Random(3); changes > 0; --changes) {
      const size_t size = bytes.size();
      bytes.resize(room);
      bytes.resize(LLVMFuzzerCustomMutator(bytes.data(), size, room, random_state));
      Random(1);
    }
    Save(current, bytes);
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  std::remove(current);
  std::printf("%lld cases\n", static_cast<long long>(cases));
}

}  // namespace

/// libFuzzer's own changes, as far as the target needs them.
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t) {
  if (size == 0) return 0;
  if (Random(8) == 0) return Random(static_cast<uint32_t>(size));
  data[Random(static_cast<uint32_t>(size))] = static_cast<uint8_t>(Random(256));
  return size;
}

int main(int argc, char** argv) {
  int first = 1, seconds = 0;
  if (argc > 2 && std::strcmp(argv[1], "--seconds") == 0) seconds = std::atoi(argv[2]), first = 3;
  std::vector<Bytes> seeds;
  for (int i = first; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    std::fprintf(stderr, "%s\n", argv[i]);
    LLVMFuzzerTestOneInput(seeds.back().data(), seeds.back().size());
  }
  if (const char* seed = std::getenv("KOMPAKT_FUZZ_SEED"))
    random_state = static_cast<uint32_t>(std::atoi(seed));
  if (seconds > 0 && !seeds.empty()) Fuzz(seeds, seconds, "plan-current");
  return 0;
}
