// The peak of this core's 8-bit multiplication, measured: what the kernels are compared with.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace kompakt {

struct DotPeak {
  /// The instructions of one step.
  const char* instructions;
  /// Multiplications and additions, 10^9 a second.
  double gops;
};

/// The fastest sequence of the best tier in use that multiplies and adds, over registers alone. `pairs`: with
/// weights whose sums of two products fit 16 bits (matters on AVX2 only).
DotPeak MeasureDotPeak(bool pairs);

}  // namespace kompakt
