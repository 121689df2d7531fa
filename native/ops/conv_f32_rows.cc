// SPDX-License-Identifier: Apache-2.0
#include "native/ops/conv_f32_rows.h"

#include <algorithm>
#include <cstring>

namespace kompakt {

Status ConvF32Rows::Make(const StepSpec& spec, const Convolution& conv, UnaryOp activation) {
  conv_ = conv;
  activation_ = activation;
  const TensorView &w = *spec.in(1), *bias = spec.in(2), *residual = spec.in(3);
  const int64_t taps = conv_.kh * conv_.kw, k = taps * conv_.depth;
  constexpr int64_t kFewChannels = 32;
  runs_ = conv_.dilation_w == 1 && conv_.depth <= kFewChannels && conv_.group == 1;
  gemm_.kernel = GemmF32Kernels().Best();
  gemm_.columns = conv_.o / conv_.group;
  gemm_.panels = CutGemmF32(gemm_.kernel, gemm_.columns);
  gemm_.taps = runs_ ? conv_.kh : taps;
  gemm_.depth = runs_ ? conv_.kw * conv_.depth : conv_.depth;
  gemm_.bias = bias == nullptr ? nullptr : bias->as<float>();
  gemm_.residual = residual == nullptr ? nullptr : residual->as<float>();
  gemm_.c = spec.out().as<float>();
  gemm_.residual_stride = gemm_.c_stride = conv_.o;
  gemm_.factor = 1.0f;
  gemm_.activation = InlinePart(activation_);
  group_size_ = k * gemm_.panels.padded_columns();
  const std::string tag = "gemm_f32/" + std::to_string(gemm_.panels.lanes) + "x" +
                          std::to_string(gemm_.panels.vectors) + "/" + std::to_string(conv_.group) + "/" +
                          std::to_string(k);
  w_ = w.as<float>();
  if (w.is_constant()) {
    const size_t bytes = static_cast<size_t>(conv_.group * group_size_) * sizeof(float);
    gemm_.b = reinterpret_cast<const float*>(spec.packs->Get(w.constant, tag, bytes, [&](uint8_t* out) {
      for (int64_t i = 0; i < conv_.group * gemm_.panels.count(); ++i)
        PackPanel(i, reinterpret_cast<float*>(out));
    }));
    if (gemm_.b == nullptr) return Status::Error("KPT_TOO_LARGE", "out of memory: the weights of conv_f32");
  }
  zeros_ = AlignedBuffer(static_cast<size_t>(std::max(conv_.c, gemm_.depth)) * sizeof(float));
  if (zeros_.data() == nullptr)
    return Status::Error("KPT_TOO_LARGE", "out of memory: the padding of conv_f32");
  column_offsets_ =
      TapOffsets(conv_.ow, conv_.kw, conv_.w, conv_.stride_w, conv_.dilation_w, conv_.pad_left, conv_.c);
  if (runs_)
    spans_ = {SpanOf(0, conv_.kw)};
  else
    for (int64_t kx = 0; kx < conv_.kw; ++kx) spans_.push_back(SpanOf(kx, 1));
  return Status::Ok();
}

void ConvF32Rows::PackPanel(int64_t i, float* packed) const {
  const int64_t g = i / gemm_.panels.count(), panel = i % gemm_.panels.count();
  const int64_t k = gemm_.taps * gemm_.depth;
  PackGemmF32(gemm_.panels, k, gemm_.columns, w_ + g * gemm_.columns * k, 1, k, panel, panel + 1,
              packed + g * group_size_);
}

size_t ConvF32Rows::copy_bytes() const {
  if (!runs_) return 0;
  const int64_t edges = conv_.ow - spans_[0].end + spans_[0].begin;
  return static_cast<size_t>(edges * gemm_.taps * gemm_.depth) * sizeof(float);
}

ConvF32Rows::Span ConvF32Rows::SpanOf(int64_t kx, int64_t taps) const {
  const int64_t* first = column_offsets_.data() + kx;
  Span span{0, conv_.ow, (kx * conv_.dilation_w - conv_.pad_left) * conv_.c};
  while (span.begin < conv_.ow && first[span.begin * conv_.kw] < 0) ++span.begin;
  while (span.end > span.begin && first[span.end * conv_.kw - conv_.kw + taps - 1] < 0) --span.end;
  return span;
}

void ConvF32Rows::PointLine(const float* const* lines, int64_t first, int64_t last, const float** to,
                            int64_t tap_stride, float** copies) const {
  const float* zeros = zeros_.as<float>();
  const int64_t step = conv_.stride_w * conv_.c;
  for (int64_t ky = 0; ky < conv_.kh; ++ky)
    for (const Span& span : spans_) {
      const float* from = lines[ky];
      const int64_t begin = std::clamp(from == nullptr ? last : span.begin, first, last);
      const int64_t stop = std::clamp(span.end, begin, last);
      for (int64_t p = first; p < begin; ++p) to[p] = from == nullptr ? zeros : Edge(from, p, copies);
      for (int64_t p = begin; p < stop; ++p) to[p] = from + (p * step + span.offset);
      for (int64_t p = stop; p < last; ++p) to[p] = Edge(from, p, copies);
      to += tap_stride;
    }
}

/// A tap that reaches into the padding: one value is all zeros, a line of values is copied to `*copies`.
const float* ConvF32Rows::Edge(const float* from, int64_t ox, float** copies) const {
  const float* zeros = zeros_.as<float>();
  if (!runs_) return zeros;
  float* to = *copies;
  *copies += gemm_.depth;
  const int64_t* column = column_offsets_.data() + ox * conv_.kw;
  const size_t bytes = static_cast<size_t>(conv_.c) * sizeof(float);
  for (int64_t kx = 0; kx < conv_.kw; ++kx)
    std::memcpy(to + kx * conv_.c, column[kx] < 0 ? zeros : from + column[kx], bytes);
  return to;
}

}  // namespace kompakt
