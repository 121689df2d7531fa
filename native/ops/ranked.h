// Numbers with their places, best first: what steps that choose among numbers compare.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <cstring>

namespace kompakt {

/// An integer that is larger the better a value is; equal values have equal ones, NaN has the least.
template <bool kLargest, typename T>
int64_t KeyOf(T value) {
  const int64_t key = value;
  return kLargest ? key : ~key;
}
template <bool kLargest>
int32_t KeyOf(float value) {
  const float sum = value + 0.0f;  // -0 is 0.
  int32_t bits;
  std::memcpy(&bits, &sum, sizeof(bits));
  const int32_t key = bits ^ ((bits >> 31) & INT32_MAX);
  return value != value ? INT32_MIN : kLargest ? key : ~key;
}

template <typename Key>
struct Entry {
  Key key;
  int32_t index;

  /// Without a branch, which would be mispredicted half of the time.
  bool IsBefore(const Entry& other) const {
    return (key > other.key) | ((key == other.key) & (index < other.index));
  }
};

}  // namespace kompakt
