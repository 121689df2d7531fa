// Convolution: the sizes of a (transposed) convolution step, read from its tensors and parameters and
// checked. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "native/ops/step.h"

namespace kompakt {

/// x [n, h, w, c] NHWC, weights [o, kh, kw, depth] with depth = c / group, y [n, oh, ow, o].
struct Convolution {
  int64_t n, h, w, c;
  int64_t o, kh, kw, depth;
  int64_t oh, ow;
  int64_t group;
  int64_t stride_h, stride_w;
  int64_t pad_top, pad_left, pad_bottom, pad_right;
  int64_t dilation_h, dilation_w;
};

/// Reads and checks x, weights and y, and the window parameters.
Status ReadConvolution(const StepSpec& spec, const TensorView& x, const TensorView& w, const TensorView& y,
                       Convolution* out);
/// The same where they are input 0, input 1 and output 0.
inline Status ReadConvolution(const StepSpec& spec, Convolution* out) {
  return ReadConvolution(spec, *spec.in(0), *spec.in(1), spec.out(), out);
}

/// Fails unless input i is absent, or `dtype` with `count` elements.
Status CheckOptional(const StepSpec& spec, size_t i, DType dtype, int64_t count);

/// For every output position and tap of one axis, the input position times `scale`, or -1 in the padding:
/// [output][tap].
std::vector<int64_t> TapOffsets(int64_t outputs, int64_t taps, int64_t inputs, int64_t stride,
                                int64_t dilation, int64_t pad, int64_t scale);

}  // namespace kompakt
