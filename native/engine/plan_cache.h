// PlanCache: a file of plans that were made before: programs, constants and packed weights in kernel layout,
// mapped read-only, so that all processes share one copy. A file is taken wholly or not at all: its digest,
// its identity (model, CPU tier, version), and every offset and size are checked before anything is used.
//
// Layout (little-endian): header { u32 magic "KPTC", u32 format, u64 file bytes, u64 digest[2], u64 entries,
// u64 zero }; entries { u32 kind, i32 constant, u64 offset, u64 bytes, u64 name offset, u64 name bytes, u64
// digest[2], u64 zero }; then the data. The digest covers all that follows it. Data begins at multiples of 64
// and is followed by at least kReadPadding bytes of the file. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "native/base/digest.h"
#include "native/base/status.h"

namespace kompakt {

class PlanCache {
 public:
  struct Constant {
    Digest digest;
    std::string shape;
    size_t size;
    const uint8_t* data;  // null: the plans read it only packed
  };
  struct Pack {
    int constant;
    std::string tag;
    const uint8_t* data;
    size_t size;
  };

  /// Fails with KPT_FILE_NOT_FOUND when there is no such file, with KPT_OPTION_INVALID and the reason when it
  /// is not a cache of this identity.
  static Status Open(const std::string& path, const std::string& identity,
                     std::shared_ptr<const PlanCache>* out);
  ~PlanCache();
  PlanCache(const PlanCache&) = delete;
  PlanCache& operator=(const PlanCache&) = delete;

  const std::string& description() const { return description_; }
  const std::vector<std::pair<const uint8_t*, size_t>>& programs() const { return programs_; }
  const std::vector<Constant>& constants() const { return constants_; }
  const std::vector<Pack>& packs() const { return packs_; }

 private:
  PlanCache() = default;
  Status Read(const std::string& identity);

  const uint8_t* file_ = nullptr;
  size_t size_ = 0;
  std::string description_;
  std::vector<std::pair<const uint8_t*, size_t>> programs_;
  std::vector<Constant> constants_;
  std::vector<Pack> packs_;
};

/// Collects the parts of a cache and writes them. Data is not copied: it must stay until Write() is done.
class PlanCacheWriter {
 public:
  PlanCacheWriter(std::string identity, std::string description);
  void AddProgram(const uint8_t* bytes, size_t size);
  void AddConstant(const PlanCache::Constant& constant);
  void AddPack(const PlanCache::Pack& pack);
  /// Into a temporary file of the same folder that is then renamed: readers see the old file or the new one,
  /// and of several writers the last wins.
  Status Write(const std::string& path);

 private:
  struct Part {
    uint32_t kind;
    int32_t constant;
    std::string name;
    Digest digest;
    const uint8_t* data;
    size_t size;
  };
  std::string identity_, description_;
  std::vector<Part> parts_;
};

}  // namespace kompakt
