// SPDX-License-Identifier: Apache-2.0
#include "native/engine/plan_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>

#include "native/base/aligned_buffer.h"

namespace kompakt {
namespace {

constexpr uint32_t kMagic = 0x4354504b;  // "KPTC"
constexpr uint32_t kFormat = 3;
constexpr uint64_t kMaxConstantBytes = uint64_t{1} << 40;
constexpr size_t kDigestedFrom = 32;  // what stands before it is compared, not digested

enum Kind : uint32_t { kIdentity, kDescription, kProgram, kConstant, kAbsentConstant, kPack };

struct Header {
  uint32_t magic, format;
  uint64_t file_bytes;
  Digest digest;
  uint64_t entries, zero;
};

struct Entry {
  uint32_t kind;
  int32_t constant;
  uint64_t offset, bytes;
  uint64_t name_offset, name_bytes;
  Digest digest;
  uint64_t zero;
};

static_assert(sizeof(Header) == 48 && sizeof(Entry) == 64, "the layout of the file");
static_assert(offsetof(Header, entries) == kDigestedFrom, "the digest covers what follows it");

constexpr uint64_t kFirstEntry = AlignUp(sizeof(Header));

Status Refuse(const char* why) {
  return Status::Error("KPT_OPTION_INVALID", std::string("the plan cache ") + why);
}

Status WriteFailed(const std::string& path) {
  return Status::Error("KPT_FILE_WRITE",
                       "the plan cache '" + path + "' cannot be written: " + std::strerror(errno));
}

/// True when [offset, offset + bytes) lies inside `size`, whatever the numbers are.
bool Inside(uint64_t offset, uint64_t bytes, uint64_t size) {
  return offset <= size && bytes <= size - offset;
}

/// Whether a cache may take the place of what is at `path`: nothing, an empty file, or a cache, which by its
/// name may be damaged.
bool IsReplaceable(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return errno == ENOENT;
  if (!S_ISREG(info.st_mode)) return false;
  constexpr char kSuffix[] = ".kpc";
  constexpr size_t kLength = sizeof kSuffix - 1;
  const bool named = path.size() > kLength && path.compare(path.size() - kLength, kLength, kSuffix) == 0;
  if (named || info.st_size == 0) return true;
  uint32_t magic = 0;
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool whole = read(file, &magic, sizeof magic) == static_cast<ssize_t>(sizeof magic);
  close(file);
  return whole && magic == kMagic;
}

}  // namespace

PlanCache::~PlanCache() {
  if (file_ != nullptr) munmap(const_cast<uint8_t*>(file_), size_);
}

Status PlanCache::Open(const std::string& path, const std::string& identity,
                       std::shared_ptr<const PlanCache>* out) {
  // A pipe, which is none, would be waited for.
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return Status::Error("KPT_FILE_NOT_FOUND", "the plan cache '" + path + "' cannot be opened");
  struct stat info;
  void* mapped = MAP_FAILED;
  const bool fits = fstat(file, &info) == 0 && S_ISREG(info.st_mode) &&
                    info.st_size >= static_cast<off_t>(kFirstEntry + kReadPadding);
  int flags = MAP_SHARED;
#if defined(__linux__)
  flags |= MAP_POPULATE;  // all of it is read at once, for the digest
#endif
  if (fits) mapped = mmap(nullptr, static_cast<size_t>(info.st_size), PROT_READ, flags, file, 0);
  close(file);
  if (!fits) return Refuse("is no file or too short");
  if (mapped == MAP_FAILED) return Refuse("cannot be mapped");
  std::shared_ptr<PlanCache> cache(new PlanCache);
  cache->file_ = static_cast<const uint8_t*>(mapped);
  cache->size_ = static_cast<size_t>(info.st_size);
  KPT_RETURN_IF_ERROR(cache->Read(identity));
  *out = std::move(cache);
  return Status::Ok();
}

Status PlanCache::Read(const std::string& identity) {
  Header header;
  std::memcpy(&header, file_, sizeof header);
  if (header.magic != kMagic || header.format != kFormat) return Refuse("is of another kind or format");
  if (header.file_bytes != size_) return Refuse("is cut off");
  if (!(DigestOf(file_ + kDigestedFrom, size_ - kDigestedFrom) == header.digest)) return Refuse("is damaged");
  const uint64_t usable = size_ - kReadPadding;
  if (header.entries > (usable - kFirstEntry) / sizeof(Entry)) return Refuse("has an impossible table");
  bool same_identity = false;
  for (uint64_t i = 0; i < header.entries; ++i) {
    Entry entry;
    std::memcpy(&entry, file_ + kFirstEntry + i * sizeof(Entry), sizeof entry);
    const bool absent = entry.kind == kAbsentConstant;
    if (!Inside(entry.name_offset, entry.name_bytes, usable)) return Refuse("has a name outside of the file");
    if (absent ? entry.bytes > kMaxConstantBytes
               : !Inside(entry.offset, entry.bytes, usable) || entry.offset % kAlignment != 0)
      return Refuse("has data outside of the file");
    std::string name(reinterpret_cast<const char*>(file_ + entry.name_offset), entry.name_bytes);
    const uint8_t* data = absent ? nullptr : file_ + entry.offset;
    const size_t bytes = static_cast<size_t>(entry.bytes);
    switch (entry.kind) {
      case kIdentity:
        same_identity = std::string(reinterpret_cast<const char*>(data), bytes) == identity;
        break;
      case kDescription:
        description_.assign(reinterpret_cast<const char*>(data), bytes);
        break;
      case kProgram:
        programs_.emplace_back(data, bytes);
        break;
      case kConstant:
      case kAbsentConstant:
        constants_.push_back({entry.digest, std::move(name), bytes, data});
        break;
      case kPack:
        packs_.push_back({entry.constant, std::move(name), data, bytes});
        break;
      default:
        return Refuse("has an entry of an unknown kind");
    }
  }
  if (!same_identity) return Refuse("belongs to another model, CPU or version");
  for (const Pack& pack : packs_)
    if (pack.constant < 0 || static_cast<size_t>(pack.constant) >= constants_.size())
      return Refuse("has packed weights of no constant");
  return Status::Ok();
}

PlanCacheWriter::PlanCacheWriter(std::string identity, std::string description)
    : identity_(std::move(identity)), description_(std::move(description)) {
  const auto bytes = [](const std::string& text) { return reinterpret_cast<const uint8_t*>(text.data()); };
  parts_.push_back({kIdentity, 0, "", {}, bytes(identity_), identity_.size()});
  parts_.push_back({kDescription, 0, "", {}, bytes(description_), description_.size()});
}

void PlanCacheWriter::AddProgram(const uint8_t* bytes, size_t size) {
  parts_.push_back({kProgram, 0, "", {}, bytes, size});
}

void PlanCacheWriter::AddConstant(const PlanCache::Constant& c) {
  parts_.push_back({c.data == nullptr ? kAbsentConstant : kConstant, 0, c.shape, c.digest, c.data, c.size});
}

void PlanCacheWriter::AddPack(const PlanCache::Pack& pack) {
  parts_.push_back({kPack, pack.constant, pack.tag, {}, pack.data, pack.size});
}

Status PlanCacheWriter::Write(const std::string& path) {
  if (!IsReplaceable(path))
    return Status::Error("KPT_FILE_WRITE",
                         "the plan cache '" + path + "' is not written: what is there is no plan cache");
  // Places first: entries, names, then data.
  std::vector<Entry> entries;
  uint64_t at = kFirstEntry + parts_.size() * sizeof(Entry);
  std::string names;
  for (const Part& part : parts_) {
    entries.push_back(
        {part.kind, part.constant, 0, part.size, at + names.size(), part.name.size(), part.digest, 0});
    names += part.name;
  }
  at += names.size();
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (parts_[i].data == nullptr) continue;
    entries[i].offset = at = AlignUp(at);
    at += parts_[i].size + kReadPadding;
  }
  Header header{kMagic, kFormat, at + kReadPadding, {}, entries.size(), 0};

  static std::atomic<unsigned> counter{0};
  const std::string temporary =
      path + "." + std::to_string(getpid()) + "." + std::to_string(counter.fetch_add(1)) + ".tmp";
  const int descriptor = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  std::FILE* file = descriptor < 0 ? nullptr : fdopen(descriptor, "wb");
  if (file == nullptr) {
    if (descriptor >= 0) close(descriptor);
    return WriteFailed(path);
  }
  Digester digester;
  uint64_t written = 0;
  bool good = true;
  const auto put = [&](const void* bytes, uint64_t size) {
    if (size == 0) return;
    good = good && std::fwrite(bytes, 1, size, file) == size;
    written += size;
  };
  const auto put_digested = [&](const void* bytes, uint64_t size) {
    put(bytes, size);
    if (size > 0) digester.Add(static_cast<const uint8_t*>(bytes), size);
  };
  static constexpr uint8_t kZeros[kReadPadding + kAlignment] = {};
  const auto pad_to = [&](uint64_t place) {
    while (written < place) put_digested(kZeros, std::min<uint64_t>(place - written, sizeof kZeros));
  };
  put(&header, kDigestedFrom);
  put_digested(&header.entries, sizeof header - kDigestedFrom);
  pad_to(kFirstEntry);
  put_digested(entries.data(), entries.size() * sizeof(Entry));
  put_digested(names.data(), names.size());
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (parts_[i].data == nullptr) continue;
    pad_to(entries[i].offset);
    put_digested(parts_[i].data, parts_[i].size);
  }
  pad_to(header.file_bytes);
  header.digest = digester.Finish();
  good = good && std::fseek(file, 0, SEEK_SET) == 0 &&
         std::fwrite(&header, 1, sizeof header, file) == sizeof header;
  // No sync: after a crash the digest tells a file that never reached the disk.
  good = (std::fclose(file) == 0) && good;
  if (good && std::rename(temporary.c_str(), path.c_str()) == 0) return Status::Ok();
  const Status failed = WriteFailed(path);
  std::remove(temporary.c_str());
  return failed;
}

}  // namespace kompakt
