// memcpy for runs that are often short.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <cstring>

namespace kompakt {

/// memcpy, without its call for a few vectors; the last of them overlaps the one before.
inline void CopyBytes(void* y, const void* x, size_t bytes) {
  constexpr size_t kBlock = 16, kMostInline = 512;
  if (bytes < kBlock || bytes > kMostInline) {
    std::memcpy(y, x, bytes);
    return;
  }
  const uint8_t* from = static_cast<const uint8_t*>(x);
  uint8_t* to = static_cast<uint8_t*>(y);
  for (size_t i = 0; i + kBlock <= bytes; i += kBlock) std::memcpy(to + i, from + i, kBlock);
  std::memcpy(to + bytes - kBlock, from + bytes - kBlock, kBlock);
}

}  // namespace kompakt
