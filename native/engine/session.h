// Session: what the plans of one model share: constants, packed weights and threads.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "native/base/aligned_buffer.h"
#include "native/base/thread_pool.h"
#include "native/ops/step.h"

namespace kompakt {

class Session : public PackCache {
 public:
  explicit Session(int threads) : pool_(threads) {}

  /// Copies `size` bytes and returns the constant's index, or -1 when memory is short. Equal bytes of equal
  /// `shape` share one index, so plans for other input shapes find their weights packed.
  int AddConstant(const uint8_t* bytes, size_t size, const std::string& shape);
  const AlignedBuffer* constant(int index) const {
    return index >= 0 && static_cast<size_t>(index) < constants_.size() ? &constants_[index].bytes : nullptr;
  }
  ThreadPool& pool() { return pool_; }
  /// Held while a plan of this session runs: the pool serves one caller at a time.
  std::mutex& run_mutex() { return run_mutex_; }
  /// Bytes of constants and packed weights.
  size_t bytes() const { return bytes_; }

 protected:
  uint8_t* Reserve(int constant, const std::string& tag, size_t bytes, bool* fresh) override;

 private:
  ThreadPool pool_;
  std::mutex run_mutex_;
  struct Constant {
    AlignedBuffer bytes;
    std::string shape;
  };
  std::vector<Constant> constants_;
  std::unordered_multimap<uint64_t, int> by_hash_;
  std::map<std::pair<int, std::string>, AlignedBuffer> packs_;
  std::vector<AlignedBuffer> anonymous_packs_;
  size_t bytes_ = 0;
};

}  // namespace kompakt
