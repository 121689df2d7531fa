// AlignedBuffer: owned memory, 64-byte aligned, with zeroed padding that kernels may read past the end.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>

namespace kompakt {

/// Bytes that may be read (never written) past the end of any buffer, arena region or packed weight block.
constexpr size_t kReadPadding = 256;
constexpr size_t kAlignment = 64;

/// The next place where something aligned can begin.
constexpr size_t AlignUp(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  /// `data()` is null when memory is short: callers check. Contents are zero.
  explicit AlignedBuffer(size_t bytes) : size_(bytes), data_(Allocate(Total(bytes))) {}
  AlignedBuffer(AlignedBuffer&& other) noexcept
      : size_(std::exchange(other.size_, 0)), data_(std::exchange(other.data_, nullptr)) {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  AlignedBuffer(const AlignedBuffer&) = delete;
  AlignedBuffer& operator=(const AlignedBuffer&) = delete;
  ~AlignedBuffer() {
    if (data_ != nullptr) Free(data_, Total(size_));
  }

  uint8_t* data() const { return data_; }
  size_t size() const { return size_; }
  template <typename T>
  T* as() const {
    return reinterpret_cast<T*>(data_);
  }

 private:
  static size_t Total(size_t bytes) { return AlignUp(bytes + kReadPadding); }
  static uint8_t* Allocate(size_t total);
  static void Free(uint8_t* data, size_t total);

  size_t size_ = 0;
  uint8_t* data_ = nullptr;
};

}  // namespace kompakt
