// ConvShape: the dimensions and window of an 8-bit convolution step, read and checked once.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "native/kernels/requantize/requantize.h"
#include "native/ops/step.h"

namespace kompakt {

/// Most s8 summands of a weight minus its zero point: -129..-255 and 128..255 never need more.
constexpr int32_t kMostParts = 3;

struct ConvShape {
  int64_t batch, in_height, in_width, channels;   // x [batch, in_height, in_width, channels]
  int64_t out_height, out_width, out_channels;    // y
  int64_t kernel_height, kernel_width, group_in;  // w [out_channels, kernel_height, kernel_width, group_in]
  int64_t group, group_out;
  int64_t stride_y, stride_x, dilation_y, dilation_x;
  int64_t pad_top, pad_left;
  int32_t x_zero;
  OutputRange range;

  /// Reads window, group, xZero, yZero, lo and hi of `spec`, and checks x, w and y (u8, f32 or s32) against
  /// one another. `transposed`: the window slides over y (ConvTranspose), which is not s32.
  Status Read(const StepSpec& spec, bool transposed);
  int64_t taps() const { return kernel_height * kernel_width; }
  /// Of `tasks` equal tasks, how many a thread must get for its share to be worth waking it.
  int64_t Grain(int64_t tasks) const;
};

/// The step's constants of one value per output channel.
struct ConvChannels {
  const int32_t* bias = nullptr;         // null: 0
  const float* scale = nullptr;          // null for s32 output, which has none
  const int32_t* weight_zero = nullptr;  // null: 0
  int weight_zero_constant = -1;         // index of that constant

  float Scale(int64_t o) const { return scale == nullptr ? 1.f : scale[o]; }

  /// What packed weights must be told apart by, besides the weights themselves.
  std::string ZeroTag() const {
    return weight_zero == nullptr ? "" : ":zero" + std::to_string(weight_zero_constant);
  }

  /// Takes inputs `bias_at`, then scale, then (when has_zero) wZero.
  Status Read(const StepSpec& spec, int64_t out_channels, bool has_zero);
};

/// Scale and zero point of x where they are only known at run time: inputs 7 and 8 of conv_u8. The output is
/// then f32, or s32 which has no scale, and there is no bias.
class RunTimeParams {
 public:
  Status Read(const StepSpec& spec);
  bool live() const { return zero_ != nullptr; }
  /// Keeps what Apply starts from, where it is live: the sum of the weights of the output channel at `slot`,
  /// and their scale.
  void Set(int64_t slot, uint32_t weight_sum, float weight_scale);
  /// Writes the bias and, where there is one, the scale of every slot for this run's x; returns its zero
  /// point. `x_offset`: what the kernel takes from every byte itself.
  int32_t Apply(int32_t x_offset, int32_t* bias, float* scale) const;

 private:
  const float* scale_ = nullptr;
  const uint8_t* zero_ = nullptr;
  std::vector<uint32_t> sums_;
  std::vector<float> weight_scales_;
};

}  // namespace kompakt
