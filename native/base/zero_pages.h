// ZeroPages: zero bytes that may be read, never written; they take addresses, not memory.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace kompakt {

class ZeroPages {
 public:
  ZeroPages() = default;
  ~ZeroPages();
  ZeroPages(const ZeroPages&) = delete;
  ZeroPages& operator=(const ZeroPages&) = delete;

  /// `bytes` zeros and kReadPadding more, until this is destroyed; null when the system has no addresses
  /// left.
  uint8_t* Get(size_t bytes);

 private:
  /// The last is the longest; earlier ones are kept for those who hold them.
  std::vector<std::pair<uint8_t*, size_t>> regions_;
};

}  // namespace kompakt
