// SPDX-License-Identifier: Apache-2.0
#include "native/base/zero_pages.h"

#include <sys/mman.h>

#include <algorithm>

#include "native/base/aligned_buffer.h"

namespace kompakt {
namespace {

/// Twice as long each time: a model has constants of many sizes.
constexpr size_t kFirstBytes = size_t{1} << 20;

}  // namespace

ZeroPages::~ZeroPages() {
  for (const auto& [data, size] : regions_) munmap(data, size);
}

uint8_t* ZeroPages::Get(size_t bytes) {
  if (bytes > SIZE_MAX / 4) return nullptr;
  const size_t longest = regions_.empty() ? 0 : regions_.back().second;
  if (bytes + kReadPadding <= longest) return regions_.back().first;
  const size_t size = std::max({bytes + kReadPadding, longest * 2, kFirstBytes});
  void* mapped = mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  regions_.emplace_back(static_cast<uint8_t*>(mapped), size);
  return regions_.back().first;
}

}  // namespace kompakt
