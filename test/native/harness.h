// Harness of the native tests: seeded random data, guarded buffers, and one Step made and run from C++.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "native/base/aligned_buffer.h"
#include "native/ops/step.h"

namespace kompakt::testing {

/// Small deterministic generator: the same sequence on every platform.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 2654435769u + 88172645463325252ull) {}
  uint32_t Next();
  /// Uniform in [low, high].
  int Int(int low, int high) {
    return low + static_cast<int>(Next() % static_cast<uint32_t>(high - low + 1));
  }
  /// Uniform in [low, high).
  float Float(float low, float high) {
    return low + (high - low) * static_cast<float>(Next() >> 8) * 0x1p-24f;
  }

 private:
  uint64_t state_;
};

/// Makes all NaNs one: their sign and payload are not part of any contract.
inline void Canonical(float* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    if (y[i] != y[i]) y[i] = __builtin_nanf("");
}

/// Owned memory with kReadPadding bytes of a pattern before and after: Intact() tells whether somebody wrote
/// there.
class GuardedBuffer {
 public:
  GuardedBuffer() = default;
  explicit GuardedBuffer(size_t bytes);
  uint8_t* data() { return block_.data() + kReadPadding; }
  const uint8_t* data() const { return block_.data() + kReadPadding; }
  size_t size() const { return size_; }
  bool Intact() const;

 private:
  AlignedBuffer block_;
  size_t size_ = 0;
};

/// A tensor with memory of its own. Arena tensors by default; Constant() marks weights.
class TestTensor {
 public:
  TestTensor(DType dtype, std::initializer_list<int64_t> dims)
      : TestTensor(dtype, std::vector<int64_t>(dims)) {}
  TestTensor(DType dtype, const std::vector<int64_t>& dims);
  template <typename T>
  T* as() const {
    return view.as<T>();
  }
  int64_t size() const { return view.size(); }
  bool Intact() const { return buffer_.Intact(); }
  TestTensor& Constant(int index) {
    view.constant = index;
    return *this;
  }
  TestTensor& FillU8(Random* random, int low = 0, int high = 255);
  TestTensor& FillS8(Random* random, int low = -127, int high = 127);
  TestTensor& FillS32(Random* random, int low, int high);
  TestTensor& FillF32(Random* random, float low, float high);

  TensorView view;

 private:
  GuardedBuffer buffer_;
};

/// Builder of Params.
class ParamList {
 public:
  ParamList& Set(const char* name, double value) { return Set(name, std::vector<double>{value}); }
  ParamList& Set(const char* name, int value) { return Set(name, static_cast<double>(value)); }
  ParamList& Set(const char* name, std::vector<double> values);
  ParamList& Set(const char* name, const char* text);
  Params params;
};

/// Makes the step `kind` with a pool of `threads` threads and runs it `runs` times. Fails the Status when the
/// step cannot be made or when a tensor's or the scratch's guard bytes were written. With KOMPAKT_SEEDS in
/// the environment, small steps are also written to that folder as plan dumps: seeds of the fuzz target.
Status RunStep(const std::string& kind, const std::vector<TestTensor*>& inputs,
               const std::vector<TestTensor*>& outputs, const ParamList& params, int threads = 1,
               int runs = 1);

}  // namespace kompakt::testing
