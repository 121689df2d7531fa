// Digest: 128 bits over bytes, to tell files and constants apart and to notice damage. Fast, not proof
// against forgery: who can write a file that is trusted by its digest could as well write wrong weights into
// it. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace kompakt {

struct Digest {
  uint64_t low = 0, high = 0;
  bool operator==(const Digest& other) const { return low == other.low && high == other.high; }
  std::string Hex() const {
    std::string text;
    for (uint64_t word : {high, low})
      for (int shift = 60; shift >= 0; shift -= 4) text += "0123456789abcdef"[(word >> shift) & 15];
    return text;
  }
};

/// Sums over 64-byte blocks in eight lanes: of each word itself, and of the product of its halves under a key
/// that is another in every block, so that the order counts. Takes its input in pieces of any size.
class Digester {
 public:
  void Add(const uint8_t* bytes, size_t size) {
    total_ += size;
    if (held_ > 0) {
      const size_t take = size < kBlock - held_ ? size : kBlock - held_;
      if (take > 0) std::memcpy(block_ + held_, bytes, take);
      held_ += take;
      bytes += take;
      size -= take;
      if (held_ < kBlock) return;
      Mix(block_, 1);
      held_ = 0;
    }
    const size_t blocks = size / kBlock;
    Mix(bytes, blocks);
    held_ = size - blocks * kBlock;
    if (held_ > 0) std::memcpy(block_, bytes + blocks * kBlock, held_);
  }

  Digest Finish() {
    std::memset(block_ + held_, 0, kBlock - held_);
    Mix(block_, 1);
    Digest digest;
    digest.low = Scramble(total_);
    digest.high = Scramble(~total_);
    for (uint64_t sum : sums_) {
      digest.low = Scramble(digest.low ^ sum);
      digest.high = Scramble(digest.high + sum * kOther);
    }
    return digest;
  }

 private:
  static constexpr int kLanes = 8;
  static constexpr size_t kBlock = 8 * kLanes;
  static constexpr uint64_t kPrime = 0x9e3779b97f4a7c15u;
  static constexpr uint64_t kOther = 0xd6e8feb86659fd93u;

  static uint64_t Scramble(uint64_t x) {
    x = (x ^ (x >> 32)) * kOther;
    x = (x ^ (x >> 29)) * kPrime;
    return x ^ (x >> 32);
  }

  /// Adds whole blocks to the sums.
  void Mix(const uint8_t* bytes, size_t blocks);

  uint64_t sums_[kLanes] = {};
  uint64_t moved_ = 0;  // what has been added to the keys
  uint64_t total_ = 0;
  uint8_t block_[kBlock] = {};
  size_t held_ = 0;
};

inline Digest DigestOf(const uint8_t* bytes, size_t size) {
  Digester digester;
  if (size > 0) digester.Add(bytes, size);
  return digester.Finish();
}

}  // namespace kompakt
