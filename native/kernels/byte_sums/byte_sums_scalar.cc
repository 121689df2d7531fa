// byte_sums_scalar: the meaning of byte_sums.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/byte_sums/byte_sums.h"

namespace kompakt {
namespace {

void ByteSumsScalar(const uint8_t* x, int64_t count, int64_t bytes, int64_t stride, uint32_t* sums) {
  for (int64_t i = 0; i < count; ++i, x += stride) {
    sums[i] = 0;
    for (int64_t k = 0; k < bytes; ++k) sums[i] += x[k];
  }
}

}  // namespace

extern const ByteSumsKernel byte_sums_scalar;
const ByteSumsKernel byte_sums_scalar = {ByteSumsScalar};

}  // namespace kompakt
