// finish_u8: the residual addition behind requantisation in a fused convolution, in place, while the bytes
// are still in L1. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "native/kernels/requantize/requantize.h"

namespace kompakt {

/// y = clamp(roundHalfEven(y_factor * (y - y_zero) + factor * (residual - zero)) + range.zero, range.lo,
/// range.hi), two products and a sum, each rounded to float32.
struct ResidualAdd {
  float y_factor = 1, factor = 1;
  int32_t y_zero = 0, zero = 0;
  OutputRange range;
};

void AddResidualU8(uint8_t* y, const uint8_t* residual, int64_t count, const ResidualAdd& add);
void AddResidualU8Reference(uint8_t* y, const uint8_t* residual, int64_t count, const ResidualAdd& add);

}  // namespace kompakt
