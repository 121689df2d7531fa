// SPDX-License-Identifier: Apache-2.0
#include "native/base/aligned_buffer.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>

namespace kompakt {
namespace {

/// From here on memory comes from the system: it is zero already, and goes back at once when it is freed.
constexpr size_t kMappedBytes = 256 * 1024;

}  // namespace

uint8_t* AlignedBuffer::Allocate(size_t total) {
  if (total < kMappedBytes) {
    void* data = std::aligned_alloc(kAlignment, total);
    if (data != nullptr) std::memset(data, 0, total);
    return static_cast<uint8_t*>(data);
  }
  int flags = MAP_PRIVATE | MAP_ANONYMOUS;
#if defined(__linux__)
  flags |= MAP_POPULATE;  // one call in place of a fault a page when the first run writes it
#endif
  void* data = mmap(nullptr, total, PROT_READ | PROT_WRITE, flags, -1, 0);
  return data == MAP_FAILED ? nullptr : static_cast<uint8_t*>(data);
}

void AlignedBuffer::Free(uint8_t* data, size_t total) {
  if (total < kMappedBytes)
    std::free(data);
  else
    munmap(data, total);
}

}  // namespace kompakt
