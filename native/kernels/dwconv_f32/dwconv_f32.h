// dwconv_f32: depthwise convolution in float32, channels last: one kernel call makes some channels of one row
// of the output.
//
// Law (dwconv_f32_reference.cc): every element is one chain of fused multiply-adds over the taps inside the
// input, in the order kH, kW, starting from 0; then + bias, + residual, activation, each rounded apart. The
// same bits on every tier. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "native/kernels/kernel.h"
#include "native/kernels/unary_f32/inline_activation.h"

namespace kompakt {

struct DwconvF32Row {
  /// Input rows of the taps that lie inside the input: lines[i] is [in_w, channels].
  const float* const* lines;
  int64_t line_count;
  /// Weights of those rows of taps, [line_count][kw][w_stride], w_stride a multiple of the lanes; zero past
  /// channels.
  const float* w;
  int64_t w_stride;
  int64_t kw;
  int64_t channels;
  /// Channels to compute: [first_channel, last_channel).
  int64_t first_channel, last_channel;
  int64_t in_w, out_w;
  int64_t stride, dilation, pad_left;
  /// Null, or one value per channel; a whole vector may be read past the last.
  const float* bias;
  /// Null, or a row like y; a whole vector may be read past its end.
  const float* residual;
  /// [out_w, channels].
  float* y;
  /// IsInlineActivation holds.
  UnaryOp activation;
};

using DwconvF32Fn = void (*)(const DwconvF32Row& row);

KernelList<DwconvF32Fn> DwconvF32Kernels();

/// w_stride for `channels`: enough for every tier.
constexpr int64_t DwconvF32Stride(int64_t channels) { return (channels + 15) / 16 * 16; }

}  // namespace kompakt
