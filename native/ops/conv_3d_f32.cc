// conv_3d_f32: conv_f32 over three spatial axes. The lines of all frames of an image are the lines of one
// high picture; a window has a few in each of a few frames. SPDX-License-Identifier: Apache-2.0
#include "native/ops/checks.h"
#include "native/ops/conv_f32.h"
#include "native/ops/dwconv_f32.h"

namespace kompakt {
namespace {

/// [a,b,c,d,e] as [a,b*c,d,e].
TensorView Flat(const TensorView& tensor) {
  TensorView flat = tensor;
  flat.rank = 4;
  flat.dims = {tensor.dims[0], tensor.dims[1] * tensor.dims[2], tensor.dims[3], tensor.dims[4]};
  return flat;
}

/// See NewConvF32: the window has kd * kh lines, kh in each of kd frames.
std::vector<int64_t> LineOffsets(const std::vector<int64_t>& frames, const std::vector<int64_t>& lines,
                                 int64_t kd, int64_t kh) {
  const size_t od = frames.size() / static_cast<size_t>(kd), oh = lines.size() / static_cast<size_t>(kh);
  std::vector<int64_t> offsets;
  offsets.reserve(frames.size() * lines.size());
  for (size_t d = 0; d < od; ++d)
    for (size_t h = 0; h < oh; ++h)
      for (size_t i = 0; i < static_cast<size_t>(kd); ++i)
        for (size_t j = 0; j < static_cast<size_t>(kh); ++j) {
          const int64_t frame = frames[d * static_cast<size_t>(kd) + i];
          const int64_t line = lines[h * static_cast<size_t>(kh) + j];
          offsets.push_back(frame < 0 || line < 0 ? -1 : frame + line);
        }
  return offsets;
}

}  // namespace

Status MakeConv3dF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 4, 1));
  const TensorView &x = *spec.in(0), &w = *spec.in(1), &y = spec.out();
  if (x.rank != 5 || w.rank != 5 || y.rank != 5) return spec.Fail("x, w and y must have rank 5");
  Convolution conv;
  KPT_RETURN_IF_ERROR(ReadConvolution(spec, Flat(x), Flat(w), Flat(y), &conv));
  std::vector<int64_t> frames;
  KPT_RETURN_IF_ERROR(ReadInts(spec, "frames", 3, 0, &frames));
  if (frames[0] < 1 || frames[2] < 1) return spec.Fail("the frames of a window must be apart");
  UnaryOp activation;
  KPT_RETURN_IF_ERROR(ReadConvF32(spec, conv, &activation));
  int64_t kd = w.dims[1], kh = w.dims[2];
  // Windows of no channels add nothing, however many taps they have.
  if (conv.depth == 0) conv.kh = conv.kw = kd = kh = 1;
  const int64_t line = conv.w * conv.c;
  std::vector<int64_t> offsets = LineOffsets(
      TapOffsets(y.dims[1], kd, x.dims[1], frames[0], frames[2], frames[1], x.dims[2] * line),
      TapOffsets(y.dims[2], kh, x.dims[2], conv.stride_h, conv.dilation_h, conv.pad_top, line), kd, kh);
  const bool depthwise = conv.group == conv.c && conv.group == conv.o && !offsets.empty();
  return depthwise ? NewDwconvF32(spec, conv, std::move(offsets), activation, out)
                   : NewConvF32(spec, conv, std::move(offsets), activation, out);
}

}  // namespace kompakt
