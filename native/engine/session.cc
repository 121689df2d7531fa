// SPDX-License-Identifier: Apache-2.0
#include "native/engine/session.h"

#include <cstring>

namespace kompakt {
namespace {

/// Four independent multiply-xor lanes over 8-byte words: fast, and good enough where memcmp has the last
/// word.
uint64_t HashBytes(const uint8_t* bytes, size_t size) {
  constexpr uint64_t kPrime = 0x9e3779b97f4a7c15u;
  uint64_t lanes[4] = {size, 1, 2, 3};
  size_t i = 0;
  for (; i + 32 <= size; i += 32) {
    for (int lane = 0; lane < 4; ++lane) {
      uint64_t word;
      std::memcpy(&word, bytes + i + lane * 8, 8);
      lanes[lane] = (lanes[lane] ^ word) * kPrime;
      lanes[lane] ^= lanes[lane] >> 32;
    }
  }
  for (; i < size; ++i) lanes[0] = (lanes[0] ^ bytes[i]) * kPrime;
  return ((lanes[0] * kPrime ^ lanes[1]) * kPrime ^ lanes[2]) * kPrime ^ lanes[3];
}

}  // namespace

int Session::AddConstant(const uint8_t* bytes, size_t size, const std::string& shape) {
  const uint64_t hash = HashBytes(bytes, size);
  const auto range = by_hash_.equal_range(hash);
  for (auto it = range.first; it != range.second; ++it) {
    const Constant& known = constants_[it->second];
    if (known.shape == shape && known.bytes.size() == size &&
        (size == 0 || std::memcmp(known.bytes.data(), bytes, size) == 0))
      return it->second;
  }
  AlignedBuffer copy(size);
  if (copy.data() == nullptr) return -1;
  if (size > 0) std::memcpy(copy.data(), bytes, size);
  const int index = static_cast<int>(constants_.size());
  constants_.push_back({std::move(copy), shape});
  by_hash_.emplace(hash, index);
  bytes_ += size;
  return index;
}

uint8_t* Session::Reserve(int constant, const std::string& tag, size_t bytes, bool* fresh) {
  if (constant >= 0) {
    const auto found = packs_.find({constant, tag});
    if (found != packs_.end()) return found->second.size() == bytes ? found->second.data() : nullptr;
  }
  AlignedBuffer block(bytes);
  if (block.data() == nullptr) return nullptr;
  *fresh = true;
  bytes_ += bytes;
  if (constant < 0) {
    anonymous_packs_.push_back(std::move(block));
    return anonymous_packs_.back().data();
  }
  return packs_.emplace(std::make_pair(constant, tag), std::move(block)).first->second.data();
}

}  // namespace kompakt
