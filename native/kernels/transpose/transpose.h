// transpose: a matrix of elements of 1, 2, 4 or 8 bytes, rows to columns. NCHW to NHWC and back are this.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "native/kernels/kernel.h"

namespace kompakt {

/// y[c * y_stride + r] = x[r * x_stride + c] for r < rows, c < cols; strides in elements. x and y do not
/// overlap.
template <typename T>
using TransposeFn = void (*)(const T* x, int64_t x_stride, T* y, int64_t y_stride, int64_t rows,
                             int64_t cols);

struct TransposeKernel {
  TransposeFn<uint8_t> b1;
  TransposeFn<uint16_t> b2;
  TransposeFn<uint32_t> b4;
  TransposeFn<uint64_t> b8;
};

KernelList<TransposeKernel> TransposeKernels();
const TransposeKernel& BestTransposeKernel();

}  // namespace kompakt
