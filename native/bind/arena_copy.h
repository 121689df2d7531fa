// Between what JavaScript holds and the arena.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace kompakt {

/// Copies the bytes of a value either way. The arena keeps int8 (`biased`) as uint8 with 128 added, so that
/// kernels have one type.
inline void CopyValue(uint8_t* to, const uint8_t* from, size_t bytes, bool biased) {
  if (!biased) {
    std::memcpy(to, from, bytes);
    return;
  }
  for (size_t i = 0; i < bytes; ++i) to[i] = from[i] ^ 0x80;
}

}  // namespace kompakt
