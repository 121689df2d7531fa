// ConvFinish: the residual addition and the table behind an 8-bit convolution, run over rows just written.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "native/kernels/binary_u8/binary_u8.h"
#include "native/ops/conv_shape.h"

namespace kompakt {

class ConvFinish {
 public:
  /// Reads inputs 5 (residual) and 6 (table) and the parameter `residual`.
  Status Read(const StepSpec& spec, const ConvShape& shape);
  /// Finishes columns [begin, end) of `pixels` rows of y.
  void Run(uint8_t* y, int64_t first_pixel, int64_t pixels, int64_t begin, int64_t end) const;
  bool empty() const { return residual_ == nullptr && table_ == nullptr; }

 private:
  const uint8_t* residual_ = nullptr;
  const uint8_t* table_ = nullptr;
  BinaryU8Params add_;  // a: the bytes just written
  int64_t columns_ = 0;
};

}  // namespace kompakt
