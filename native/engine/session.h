// Session: what the plans of one model share: constants, packed weights and threads.
//
// The bytes of a constant stay with the caller while a plan is made. A step that packs a constant reads only
// the packed form from then on, so the session keeps a copy only of constants that some step reads as they
// are. A plan whose program was made before in this session, or in the one that wrote its cache, can be made
// without those bytes: its steps find what they need, and zeros in place of what they have packed.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "native/base/aligned_buffer.h"
#include "native/base/digest.h"
#include "native/base/thread_pool.h"
#include "native/base/zero_pages.h"
#include "native/engine/plan_cache.h"
#include "native/ops/step.h"

namespace kompakt {

class Session : public PackCache {
 public:
  /// `cache`: constants and packed weights to begin with, or null.
  explicit Session(int threads, std::shared_ptr<const PlanCache> cache = nullptr);

  /// Matrices of `rows` by `columns` elements, one after another, of which steps see each transposed; no
  /// rows: bytes as they are.
  struct Order {
    size_t rows = 0, columns = 0, element_bytes = 1;
  };
  /// The constant's index. `bytes` must stay where they are until ForgetSources(). Equal bytes of equal
  /// `shape` and order share one index, so plans for other input shapes find their weights packed. -1 when
  /// the bytes are not a number of such matrices.
  int AddConstant(const uint8_t* bytes, size_t size, const std::string& shape, const Order& order);
  void ForgetSources();

  size_t constant_count() const { return constants_.size(); }
  size_t constant_size(int index) const { return constants_[static_cast<size_t>(index)].size; }
  /// The bytes of a constant, copied in when they are not there yet; zeros when it is absent; null when
  /// memory is short.
  uint8_t* Load(int index);
  /// Whether nobody has the bytes of a constant any more: no step may read them, nor pack them.
  bool Absent(int index) const;
  /// The step that is made next starts with nothing packed.
  void BeginStep() { packed_now_.clear(); }
  bool PackedNow(int index) const { return packed_now_.count(index) > 0; }
  /// Keeps the bytes of a constant for the life of the session: a step reads them when it runs.
  void Pin(int index) { constants_[static_cast<size_t>(index)].pinned = true; }
  /// Frees the bytes of a constant that nobody pinned.
  void Unload(int index);

  ThreadPool& pool() { return pool_; }
  /// Held while a plan of this session runs: the pool serves one caller at a time.
  std::mutex& run_mutex() { return run_mutex_; }
  /// Bytes of constants and packed weights in memory of this process; what is mapped from a cache is not
  /// counted.
  size_t bytes() const { return bytes_; }

  /// Writes constants, packed weights and `programs` to a file that PlanCache::Open takes. Fails with
  /// KPT_FILE_WRITE.
  Status SaveCache(const std::string& path, const std::string& identity, const std::string& description,
                   const std::vector<std::pair<const uint8_t*, size_t>>& programs) const;

 protected:
  uint8_t* Reserve(int constant, const std::string& tag, size_t bytes, bool* fresh) override;

 private:
  struct Constant {
    Digest digest;
    std::string shape;
    size_t size = 0;
    bool pinned = false;
    AlignedBuffer owned;
    const uint8_t* mapped = nullptr;
    const uint8_t* source = nullptr;
    Order order;
    void Copy(uint8_t* to) const;
  };
  struct Pack {
    AlignedBuffer owned;
    const uint8_t* mapped = nullptr;
    size_t size = 0;
    uint8_t* data() const { return mapped != nullptr ? const_cast<uint8_t*>(mapped) : owned.data(); }
  };

  ThreadPool pool_;
  std::mutex run_mutex_;
  std::shared_ptr<const PlanCache> cache_;
  std::vector<Constant> constants_;
  std::unordered_multimap<uint64_t, int> by_digest_;
  std::map<std::pair<int, std::string>, Pack> packs_;
  std::vector<AlignedBuffer> anonymous_packs_;
  std::set<int> packed_now_;
  ZeroPages zeros_;
  /// The largest buffer that was let go while a plan is made: the next constant of its size is read there.
  AlignedBuffer spare_;
  size_t bytes_ = 0;
};

}  // namespace kompakt
