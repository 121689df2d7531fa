// reduce_f32: sums, extremes and norms of rows or columns, in an order that does not depend on the tier.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>

#include "native/kernels/kernel.h"

namespace kompakt {

/// The same names as ReduceKind of lib/ops/steps.ts. max and min give NaN when an element is NaN. Of nothing:
/// sum 0, prod 1, max -infinity, min infinity, mean NaN, log_sum_exp -infinity.
enum class ReduceKind : uint8_t { kSum, kMean, kMax, kMin, kProd, kL1, kL2, kSumSquare, kLogSumExp };

bool ParseReduceKind(const std::string& name, ReduceKind* out);

struct ReduceKernel {
  /// One row: element r goes to partial r % 16, partials are combined 8 apart, then 4, 2, 1.
  void (*row)(ReduceKind kind, const float* x, int64_t count, float* y);
  /// Columns [0, width) of rows that are `stride` apart, each in order of the rows.
  void (*columns)(ReduceKind kind, const float* x, int64_t rows, int64_t stride, float* y, int64_t width);
};

KernelList<ReduceKernel> ReduceKernels();
const ReduceKernel& BestReduceKernel();

}  // namespace kompakt
