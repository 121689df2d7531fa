// SPDX-License-Identifier: Apache-2.0
#include "native/engine/session.h"

namespace kompakt {

int Session::AddConstant(const uint8_t* bytes, size_t size) {
  AlignedBuffer copy(size);
  if (copy.data() == nullptr) return -1;
  if (size > 0) std::memcpy(copy.data(), bytes, size);
  constants_.push_back(std::move(copy));
  bytes_ += size;
  return static_cast<int>(constants_.size()) - 1;
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
