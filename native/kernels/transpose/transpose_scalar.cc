// transpose_scalar: the reference, in blocks that fit the cache.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/transpose/transpose.h"

namespace kompakt {
namespace {

constexpr int64_t kBlock = 16;

template <typename T>
void Run(const T* x, int64_t x_stride, T* y, int64_t y_stride, int64_t rows, int64_t cols) {
  for (int64_t c0 = 0; c0 < cols; c0 += kBlock)
    for (int64_t r0 = 0; r0 < rows; r0 += kBlock)
      for (int64_t c = c0; c < c0 + kBlock && c < cols; ++c)
        for (int64_t r = r0; r < r0 + kBlock && r < rows; ++r) y[c * y_stride + r] = x[r * x_stride + c];
}

}  // namespace

extern const TransposeKernel transpose_scalar;
const TransposeKernel transpose_scalar = {Run<uint8_t>, Run<uint16_t>, Run<uint32_t>, Run<uint64_t>};

}  // namespace kompakt
