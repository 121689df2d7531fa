// KernelOutput: the output of an 8-bit step and how its kernel has to write it. Where some scale is too large
// to convert before clamping (requantize.h), the kernel writes floats to scratch and the step rounds them.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "native/kernels/requantize/requantize.h"
#include "native/ops/step.h"

namespace kompakt {

class KernelOutput {
 public:
  KernelOutput() = default;
  /// y is u8, f32 or s32. `fast_scale`: no scale is too large.
  KernelOutput(const TensorView& y, bool fast_scale)
      : y_(y.data), element_bytes_(static_cast<int64_t>(DTypeBytes(y.dtype))) {
    kind_ = y.dtype == DType::kU8    ? OutputKind::kU8
            : y.dtype == DType::kF32 ? OutputKind::kF32
                                     : OutputKind::kS32;
    rounds_ = is_u8() && !fast_scale;
  }

  bool is_u8() const { return kind_ == OutputKind::kU8; }
  /// Whether the step rounds floats of the kernel.
  bool rounds() const { return rounds_; }
  /// What the kernel writes.
  OutputKind kind() const { return rounds_ ? OutputKind::kF32 : kind_; }
  /// Where it writes element `at` of y; `wide`: where floats that the step rounds go.
  void* At(int64_t at, float* wide) const {
    return rounds_ ? static_cast<void*>(wide) : y_ + at * element_bytes_;
  }
  /// y, where it is u8.
  uint8_t* bytes() const { return y_; }

 private:
  uint8_t* y_ = nullptr;
  int64_t element_bytes_ = 1;
  OutputKind kind_ = OutputKind::kU8;
  bool rounds_ = false;
};

}  // namespace kompakt
