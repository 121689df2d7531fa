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

/// Eight independent multiply-xor lanes over 8-byte words; takes its input in pieces of any size.
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
      Mix(block_, lanes_);
      held_ = 0;
    }
    // In locals: bytes may alias members as far as the compiler knows.
    uint64_t lanes[kLanes];
    std::memcpy(lanes, lanes_, sizeof lanes);
    for (; size >= kBlock; bytes += kBlock, size -= kBlock) Mix(bytes, lanes);
    std::memcpy(lanes_, lanes, sizeof lanes);
    if (size > 0) std::memcpy(block_, bytes, size);
    held_ = size;
  }

  Digest Finish() {
    std::memset(block_ + held_, 0, kBlock - held_);
    Mix(block_, lanes_);
    Digest digest;
    digest.low = Scramble(total_);
    digest.high = Scramble(~total_);
    for (uint64_t lane : lanes_) {
      digest.low = Scramble(digest.low ^ lane);
      digest.high = Scramble(digest.high + lane * kOther);
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
  static void Mix(const uint8_t* bytes, uint64_t* lanes) {
    for (int i = 0; i < kLanes; ++i) {
      uint64_t word;
      std::memcpy(&word, bytes + 8 * i, 8);
      lanes[i] = (lanes[i] ^ word) * kPrime;
      lanes[i] ^= lanes[i] >> 32;
    }
  }

  uint64_t lanes_[kLanes] = {1, 2, 3, 4, 5, 6, 7, 8};
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
