// ConvShape: reading and checking.
// SPDX-License-Identifier: Apache-2.0
#include "native/ops/conv_shape.h"

#include <algorithm>
#include <cmath>

#include "native/cpu/tier.h"
#include "native/ops/checks.h"

namespace kompakt {
namespace {

/// Multiplications that take a core some microseconds, several times as long as waking a thread that spins.
constexpr int64_t kMacsOfShare = KPT_X86_64 ? 1 << 19 : 1 << 17;
/// A depthwise convolution gets done a fraction of what a matrix product does in the same time.
constexpr double kDepthwiseCost = 4;

bool InRange(int64_t value, int64_t low, int64_t high) { return value >= low && value <= high; }

Status ReadRange(const StepSpec& spec, OutputRange* range) {
  KPT_RETURN_IF_ERROR(spec.params.Int32("yZero", &range->zero));
  KPT_RETURN_IF_ERROR(spec.params.Int32("lo", &range->lo));
  KPT_RETURN_IF_ERROR(spec.params.Int32("hi", &range->hi));
  if (!InRange(range->zero, 0, 255) || !InRange(range->lo, 0, 255) || !InRange(range->hi, range->lo, 255))
    return spec.Fail("yZero, lo or hi is outside of 0..255");
  return Status::Ok();
}

}  // namespace

Status ConvShape::Read(const StepSpec& spec, bool transposed) {
  const TensorView& x = *spec.in(0);
  const TensorView& w = *spec.in(1);
  const TensorView& y = spec.out();
  if (x.dtype != DType::kU8 || x.rank != 4) return spec.Fail("x must be u8 of rank 4");
  if (w.dtype != DType::kS8 || w.rank != 4 || !w.is_constant())
    return spec.Fail("w must be a s8 constant of rank 4");
  const bool sums = y.dtype == DType::kS32 && !transposed;
  if ((y.dtype != DType::kU8 && y.dtype != DType::kF32 && !sums) || y.rank != 4)
    return spec.Fail("y must be u8, f32 or, where nothing is transposed, s32 of rank 4");
  std::vector<int64_t> strides, pads, dilations;
  KPT_RETURN_IF_ERROR(ReadInts(spec, "strides", 2, 1, &strides));
  KPT_RETURN_IF_ERROR(ReadInts(spec, "pads", 4, 0, &pads));
  KPT_RETURN_IF_ERROR(ReadInts(spec, "dilations", 2, 1, &dilations));
  KPT_RETURN_IF_ERROR(spec.params.Int("group", &group));
  KPT_RETURN_IF_ERROR(spec.params.Int32("xZero", &x_zero));
  KPT_RETURN_IF_ERROR(ReadRange(spec, &range));
  batch = x.dims[0], in_height = x.dims[1], in_width = x.dims[2], channels = x.dims[3];
  out_height = y.dims[1], out_width = y.dims[2], out_channels = y.dims[3];
  kernel_height = w.dims[1], kernel_width = w.dims[2], group_in = w.dims[3];
  stride_y = strides[0], stride_x = strides[1], dilation_y = dilations[0], dilation_x = dilations[1];
  pad_top = pads[0], pad_left = pads[1];
  if (!InRange(x_zero, 0, 255)) return spec.Fail("xZero is out of range");
  if (y.dims[0] != batch || w.dims[0] != out_channels || !InRange(group, 1, INT32_MAX) ||
      group_in * group != channels || out_channels % group != 0)
    return spec.Fail("channels, batch and group do not agree");
  group_out = out_channels / group;
  if (kernel_height < 1 || kernel_width < 1 || kernel_height > kMaxTable / kernel_width)
    return TooLarge(spec, "the kernel is empty or too large");
  if (transposed) return Status::Ok();
  // The window may end before the padded input does, never after it.
  const int64_t last_y = (out_height - 1) * stride_y + (kernel_height - 1) * dilation_y;
  const int64_t last_x = (out_width - 1) * stride_x + (kernel_width - 1) * dilation_x;
  if (y.size() > 0 && (last_y >= in_height + pad_top + pads[2] || last_x >= in_width + pad_left + pads[3]))
    return spec.Fail("the window leaves the padded input");
  constexpr int64_t kMost = INT32_MAX / 4;
  if (last_y >= kMost || last_x >= kMost || (last_y + 1) * (last_x + 1) > INT32_MAX / 2 ||
      (last_x + 1) * channels > kMost)
    return TooLarge(spec, "the input is too large");
  // Windows of no channels add nothing, however many taps they have.
  if (group_in == 0) kernel_height = kernel_width = 1;
  return Status::Ok();
}

Status ConvChannels::Read(const StepSpec& spec, int64_t out_channels, bool has_zero) {
  const TensorView* b = spec.in(2);
  const TensorView* s = spec.in(3);
  const TensorView* z = has_zero ? spec.in(4) : nullptr;
  if (b != nullptr && (b->dtype != DType::kS32 || b->size() != out_channels || !b->is_constant()))
    return spec.Fail("bias must be a s32 constant with one value per output channel");
  if ((s == nullptr) != (spec.out().dtype == DType::kS32))
    return spec.Fail("all outputs but s32 need a scale");
  if (s != nullptr && (s->dtype != DType::kF32 || s->size() != out_channels || !s->is_constant()))
    return spec.Fail("scale must be a f32 constant with one value per output channel");
  if (z != nullptr && (z->dtype != DType::kS32 || z->size() != out_channels || !z->is_constant()))
    return spec.Fail("wZero must be a s32 constant with one value per output channel");
  if (s != nullptr) scale = s->as<float>();
  if (b != nullptr) bias = b->as<int32_t>();
  if (z != nullptr) {
    weight_zero = z->as<int32_t>();
    weight_zero_constant = z->constant;
  }
  for (int64_t o = 0; o < out_channels; ++o) {
    if (!std::isfinite(Scale(o))) return spec.Fail("a scale is not finite");
    if (weight_zero != nullptr && !InRange(weight_zero[o], -128, 127))
      return spec.Fail("a wZero is out of range");
  }
  return Status::Ok();
}

int64_t ConvShape::Grain(int64_t tasks) const {
  const double pixels = static_cast<double>(batch) * static_cast<double>(out_height * out_width);
  const double macs = pixels * static_cast<double>(out_channels) * static_cast<double>(taps() * group_in);
  const double cost = macs * (group_in == 1 ? kDepthwiseCost : 1);
  const double share = static_cast<double>(tasks) * static_cast<double>(kMacsOfShare) / std::max(cost, 1.0);
  return static_cast<int64_t>(std::clamp(share, 1.0, static_cast<double>(std::max<int64_t>(tasks, 1))));
}

Status RunTimeParams::Read(const StepSpec& spec) {
  const TensorView* s = spec.in(7);
  const TensorView* z = spec.in(8);
  if (s == nullptr && z == nullptr) return Status::Ok();
  if (z == nullptr || z->dtype != DType::kU8 || z->size() != 1 ||
      (s != nullptr && (s->dtype != DType::kF32 || s->size() != 1)))
    return spec.Fail("the scale and zero point of x must be one f32 and one u8");
  if (spec.out().dtype != (s == nullptr ? DType::kS32 : DType::kF32) || spec.in(2) != nullptr)
    return spec.Fail("run-time params need an f32 output, or s32 without scale, and no bias");
  if (s != nullptr) scale_ = s->as<float>();
  zero_ = z->data;
  return Status::Ok();
}

void RunTimeParams::Set(int64_t slot, uint32_t weight_sum, float weight_scale) {
  if (!live()) return;
  const size_t at = static_cast<size_t>(slot);
  if (at >= sums_.size()) {
    sums_.resize(at + 1);
    weight_scales_.resize(at + 1);
  }
  sums_[at] = weight_sum;
  weight_scales_[at] = weight_scale;
}

int32_t RunTimeParams::Apply(int32_t x_offset, int32_t* bias, float* scale) const {
  const uint32_t shift = static_cast<uint32_t>(x_offset - *zero_);
  for (size_t i = 0; i < sums_.size(); ++i) {
    bias[i] = static_cast<int32_t>(shift * sums_[i]);
    if (scale_ != nullptr) scale[i] = *scale_ * weight_scales_[i];
  }
  return *zero_;
}

}  // namespace kompakt
