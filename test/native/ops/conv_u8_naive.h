// The definition of conv_u8 in lib/ops/steps.ts, written as directly as possible: the oracle of its tests.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "test/native/harness.h"

namespace kompakt::testing {

struct ConvCase {
  int64_t n = 1, h = 5, w = 5, c = 3, o = 4, kh = 3, kw = 3;
  int64_t group = 1, sh = 1, sw = 1, pt = 0, pl = 0, pb = 0, pr = 0, dh = 1, dw = 1;
  int x_zero = 117, y_zero = 121, lo = 0, hi = 255;
  float scale = 0.002f;
  bool bias = true, weight_zero = false, residual = false, table = false;
  DType output = DType::kU8;
  bool run_time = false;  // zero point and scale of x are inputs
  int w_low = -127, w_high = 127;
  int zero_low = -128, zero_high = 127;  // where weight_zero
  int threads = 1;

  int64_t oh() const { return (h + pt + pb - (kh - 1) * dh - 1) / sh + 1; }
  int64_t ow() const { return (w + pl + pr - (kw - 1) * dw - 1) / sw + 1; }
};

/// Runs the case by the step and by the definition; empty when they agree byte for byte, else what went
/// wrong.
std::string CompareConv(const ConvCase& c);

}  // namespace kompakt::testing
