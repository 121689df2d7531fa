// A plan cache is used exactly as it was written or not at all: every changed byte and every truncation is
// refused. SPDX-License-Identifier: Apache-2.0
#include "native/engine/plan_cache.h"

#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "native/base/aligned_buffer.h"

namespace kompakt {
namespace {

using Bytes = std::vector<uint8_t>;

class TemporaryFile {
 public:
  TemporaryFile() {
    char name[] = "/tmp/kompakt-cache-XXXXXX";
    const int file = mkstemp(name);
    REQUIRE(file >= 0);
    close(file);
    path = name;
  }
  ~TemporaryFile() { std::remove(path.c_str()); }
  void Write(const Bytes& bytes) const {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  Bytes Read() const {
    std::ifstream in(path, std::ios::binary);
    return Bytes(std::istreambuf_iterator<char>(in), {});
  }
  std::string path;
};

constexpr uint8_t kPacked[] = {1, 2, 3, 4, 5};
constexpr uint8_t kRaw[] = {9, 8, 7};
constexpr uint8_t kProgram[] = {42};
const char* const kIdentity = "model tier version";

void WriteSample(const std::string& path) {
  PlanCacheWriter writer(kIdentity, "{\"plans\":[]}");
  writer.AddProgram(kProgram, sizeof kProgram);
  writer.AddConstant({DigestOf(kRaw, 3), "uint8[3]", 3, kRaw});
  writer.AddConstant({DigestOf(kPacked, 5), "int8[5]", 5000, nullptr});
  writer.AddPack({1, "tag", kPacked, sizeof kPacked});
  REQUIRE(writer.Write(path).ok());
}

Status Open(const std::string& path, std::shared_ptr<const PlanCache>* cache) {
  return PlanCache::Open(path, kIdentity, cache);
}

TEST_CASE("a cache gives back what was written, padded and aligned") {
  const TemporaryFile file;
  WriteSample(file.path);
  std::shared_ptr<const PlanCache> cache;
  const Status status = Open(file.path, &cache);
  REQUIRE_MESSAGE(status.ok(), status.message());
  CHECK(cache->description() == "{\"plans\":[]}");
  REQUIRE(cache->programs().size() == 1);
  CHECK(cache->programs()[0].second == 1);
  CHECK(*cache->programs()[0].first == 42);
  REQUIRE(cache->constants().size() == 2);
  CHECK(cache->constants()[0].shape == "uint8[3]");
  CHECK(std::memcmp(cache->constants()[0].data, kRaw, 3) == 0);
  CHECK(cache->constants()[1].data == nullptr);
  REQUIRE(cache->packs().size() == 1);
  const PlanCache::Pack& pack = cache->packs()[0];
  CHECK(pack.tag == "tag");
  CHECK(std::memcmp(pack.data, kPacked, 5) == 0);
  CHECK(reinterpret_cast<uintptr_t>(pack.data) % kAlignment == 0);
  for (size_t i = 5; i < 5 + kReadPadding; ++i) CHECK(pack.data[i] == 0);
}

TEST_CASE("another identity and a file that is absent are refused") {
  const TemporaryFile file;
  WriteSample(file.path);
  std::shared_ptr<const PlanCache> cache;
  CHECK_FALSE(PlanCache::Open(file.path, "model other-tier version", &cache).ok());
  CHECK_FALSE(PlanCache::Open(file.path, "", &cache).ok());
  CHECK_FALSE(PlanCache::Open(file.path + ".absent", kIdentity, &cache).ok());
  CHECK_FALSE(PlanCache::Open("/", kIdentity, &cache).ok());
  CHECK(cache == nullptr);
}

TEST_CASE("every changed byte is noticed") {
  const TemporaryFile file;
  WriteSample(file.path);
  const Bytes good = file.Read();
  for (size_t at = 0; at < good.size(); ++at) {
    Bytes bad = good;
    bad[at] = static_cast<uint8_t>(bad[at] ^ (at % 2 == 0 ? 0x01 : 0x80));
    file.Write(bad);
    std::shared_ptr<const PlanCache> cache;
    CHECK_FALSE_MESSAGE(Open(file.path, &cache).ok(), "byte " << at);
  }
}

TEST_CASE("every truncation and anything appended is noticed") {
  const TemporaryFile file;
  WriteSample(file.path);
  const Bytes good = file.Read();
  std::shared_ptr<const PlanCache> cache;
  for (size_t size = 0; size < good.size(); ++size) {
    file.Write(Bytes(good.begin(), good.begin() + static_cast<int64_t>(size)));
    CHECK_FALSE_MESSAGE(Open(file.path, &cache).ok(), "size " << size);
  }
  Bytes longer = good;
  longer.push_back(0);
  file.Write(longer);
  CHECK_FALSE(Open(file.path, &cache).ok());
}

/// A file whose digest is right though its table is not: what a hostile writer can make.
void Forge(const TemporaryFile& file, size_t at, uint64_t value) {
  Bytes bytes = file.Read();
  REQUIRE(at + 8 <= bytes.size());
  std::memcpy(bytes.data() + at, &value, 8);
  const Digest digest = DigestOf(bytes.data() + 32, bytes.size() - 32);
  std::memcpy(bytes.data() + 16, &digest, 16);
  file.Write(bytes);
}

TEST_CASE("offsets, sizes and indices are checked though the digest is right") {
  const size_t entries = 64, entry_bytes = 64, count = 6;
  for (uint64_t bad : {uint64_t{1} << 62, ~uint64_t{0}, uint64_t{1} << 32, ~uint64_t{0} - 63}) {
    for (size_t entry = 0; entry < count; ++entry)
      for (size_t field : {8, 16, 24, 32}) {
        const TemporaryFile file;
        WriteSample(file.path);
        const size_t at = entries + entry * entry_bytes + field;
        const Bytes before = file.Read();
        uint64_t kind = 0;
        std::memcpy(&kind, before.data() + entries + entry * entry_bytes, 4);
        Forge(file, at, bad);
        std::shared_ptr<const PlanCache> cache;
        // A constant that is absent lies nowhere, and may be large.
        const bool legal = kind == 4 && (field == 8 || (field == 16 && bad == uint64_t{1} << 32));
        CHECK_MESSAGE(Open(file.path, &cache).ok() == legal, "entry " << entry << " field " << field);
      }
    const TemporaryFile file;
    WriteSample(file.path);
    Forge(file, 32, bad);  // the number of entries
    std::shared_ptr<const PlanCache> cache;
    CHECK_FALSE(Open(file.path, &cache).ok());
  }
  const TemporaryFile file;
  WriteSample(file.path);
  Forge(file, entries + 5 * entry_bytes, 5 | uint64_t{7} << 32);  // packed weights of constant 7
  std::shared_ptr<const PlanCache> cache;
  CHECK_FALSE(Open(file.path, &cache).ok());
}

TEST_CASE("a write that fails leaves nothing behind") {
  PlanCacheWriter writer(kIdentity, "");
  CHECK_FALSE(writer.Write("/tmp/kompakt-no-such-folder/cache").ok());
}

}  // namespace
}  // namespace kompakt
