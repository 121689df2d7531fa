// Checks shared by the convolution steps.
// SPDX-License-Identifier: Apache-2.0
#include "native/ops/convolution.h"

#include "native/ops/checks.h"

namespace kompakt {

Status ReadConvolution(const StepSpec& spec, const TensorView& x, const TensorView& w, const TensorView& y,
                       Convolution* out) {
  if (x.rank != 4 || w.rank != 4 || y.rank != 4) return spec.Fail("x, w and y must have rank 4");
  std::vector<int64_t> strides, pads, dilations;
  KPT_RETURN_IF_ERROR(ReadInts(spec, "strides", 2, 1, &strides));
  KPT_RETURN_IF_ERROR(ReadInts(spec, "pads", 4, -INT32_MAX, &pads));
  KPT_RETURN_IF_ERROR(ReadInts(spec, "dilations", 2, 1, &dilations));
  KPT_RETURN_IF_ERROR(spec.params.Int("group", &out->group));
  out->n = x.dims[0], out->h = x.dims[1], out->w = x.dims[2], out->c = x.dims[3];
  out->o = w.dims[0], out->kh = w.dims[1], out->kw = w.dims[2], out->depth = w.dims[3];
  out->oh = y.dims[1], out->ow = y.dims[2];
  out->stride_h = strides[0], out->stride_w = strides[1];
  out->pad_top = pads[0], out->pad_left = pads[1], out->pad_bottom = pads[2], out->pad_right = pads[3];
  out->dilation_h = dilations[0], out->dilation_w = dilations[1];
  if (y.dims[0] != out->n || y.dims[3] != out->o)
    return spec.Fail("y does not have the batch of x and channels of w");
  if (out->group < 1 || out->group > INT32_MAX || out->o % out->group != 0 ||
      out->depth * out->group != out->c)
    return spec.Fail("channels do not divide into groups");
  if (out->kh < 1 || out->kw < 1) return spec.Fail("the kernel is empty");
  if (out->kh > kMaxTable / out->kw || out->oh > kMaxTable / out->kh || out->ow > kMaxTable / out->kw)
    return TooLarge(spec, "the kernel or the output is too large");
  return Status::Ok();
}

Status CheckOptional(const StepSpec& spec, size_t i, DType dtype, int64_t count) {
  const TensorView* tensor = spec.in(i);
  if (tensor == nullptr || (tensor->dtype == dtype && tensor->size() == count)) return Status::Ok();
  return spec.Fail("input " + std::to_string(i) + " must be " + DTypeName(dtype) + " with " +
                   std::to_string(count) + " elements");
}

std::vector<int64_t> TapOffsets(int64_t outputs, int64_t taps, int64_t inputs, int64_t stride,
                                int64_t dilation, int64_t pad, int64_t scale) {
  std::vector<int64_t> offsets(static_cast<size_t>(outputs * taps));
  for (int64_t i = 0; i < outputs; ++i)
    for (int64_t t = 0; t < taps; ++t) {
      const int64_t at = i * stride + t * dilation - pad;
      offsets[static_cast<size_t>(i * taps + t)] = at >= 0 && at < inputs ? at * scale : -1;
    }
  return offsets;
}

}  // namespace kompakt
