// The row of dwconv_f32, for every tier: included after a vocabulary of native/simd, inside a tier region and
// a namespace.
//
// kPixels neighbouring outputs are computed at a time, one vector of channels each. With undilated windows of
// 3, 5 or 7 columns the compiler sees which inputs they share and loads each once:
//
//   stride 1, 3 columns:  x0 x1 x2 x3 ...        y0 = x0 w0 + x1 w1 + x2 w2
//                            \  |  /             y1 =         x1 w0 + x2 w1 + x3 w2 ...
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/dwconv_f32/dwconv_f32.h"
#include "native/kernels/unary_f32/fused_f32-inl.h"

namespace kompakt {
namespace {
namespace dwconv_f32_inl {

using namespace simd;

/// Everything behind the chains over the taps, for kCount neighbouring outputs from `ox` on at channels c, c
/// + 1, ...
template <int kCount>
KPT_VEC void FinishPixels(const DwconvF32Row& row, int64_t ox, int64_t c, F32* acc) {
  const int64_t channels = row.channels, at = ox * channels + c, left = row.last_channel - c;
  if (row.bias != nullptr) {
    const F32 bias = Load(row.bias + c);
    KPT_UNROLL
    for (int p = 0; p < kCount; ++p) acc[p] = Add(acc[p], bias);
  }
  if (row.residual != nullptr) {
    const float* residual = row.residual + at;
    KPT_UNROLL
    for (int p = 0; p < kCount; ++p) acc[p] = Add(acc[p], Load(residual + p * channels));
  }
  Activate<kCount>(acc, row.activation);
  float* y = row.y + at;
  if (left >= kLanes) {
    KPT_UNROLL
    for (int p = 0; p < kCount; ++p, y += channels) Store(y, acc[p]);
  } else {
    KPT_UNROLL
    for (int p = 0; p < kCount; ++p, y += channels) StoreFirst(y, acc[p], static_cast<int>(left));
  }
}

/// kCount outputs from `ox` on. kW and kStride are 0 where they are not known; the dilation is 1 where they
/// are. kEdge: some windows reach into the padding, whose columns are skipped; kW is known then.
template <int kCount, int kW, int kStride, bool kEdge>
__attribute__((noinline)) void Pixels(const DwconvF32Row& row, int64_t ox) {
  // Read once: a stored vector may alias anything, `row` included.
  const int64_t stride = kStride > 0 ? kStride : row.stride, channels = row.channels, w_stride = row.w_stride,
                last_channel = row.last_channel;
  const int64_t first_column = ox * stride - row.pad_left, in_w = row.in_w;
  const int64_t first = first_column * channels, line_count = row.line_count;
  const float* const* lines = row.lines;
  for (int64_t c = row.first_channel; c < last_channel; c += kLanes) {
    F32 acc[kCount];
    KPT_UNROLL
    for (int p = 0; p < kCount; ++p) acc[p] = Set(0.0f);
    const float* w = row.w + c;
    for (int64_t i = 0; i < line_count; ++i) {
      const float* x = lines[i] + first + c;
      if constexpr (kW > 0) {
        constexpr int kColumns = (kCount - 1) * kStride + kW;
        F32 weights[kW];
        KPT_UNROLL
        for (int kx = 0; kx < kW; ++kx, w += w_stride) weights[kx] = Load(w);
        // Column by column: a column is used by the (at most kW) outputs whose windows it lies in, in the
        // order of kx for each of them.
        KPT_UNROLL
        for (int j = 0; j < kColumns; ++j, x += channels) {
          if (kEdge && (first_column + j < 0 || first_column + j >= in_w)) continue;
          F32 column = Load(x);
          Pin(column);  // or g++ loads it again for every use
          KPT_UNROLL
          for (int p = 0; p < kCount; ++p)
            if (j - p * kStride >= 0 && j - p * kStride < kW)
              acc[p] = Fma(column, weights[j - p * kStride], acc[p]);
        }
      } else {
        for (int64_t kx = 0; kx < row.kw; ++kx, w += w_stride, x += row.dilation * channels) {
          const F32 weight = Load(w);
          KPT_UNROLL
          for (int p = 0; p < kCount; ++p) acc[p] = Fma(Load(x + p * stride * channels), weight, acc[p]);
        }
      }
    }
    FinishPixels<kCount>(row, ox, c, acc);
  }
}

/// One output whose window reaches into the padding.
__attribute__((noinline)) void EdgePixel(const DwconvF32Row& row, int64_t ox) {
  // Taps [from, to) lie inside the input.
  int64_t from = 0, to = row.kw;
  const int64_t left = ox * row.stride - row.pad_left;
  while (from < to && left + from * row.dilation < 0) ++from;
  while (to > from && left + (to - 1) * row.dilation >= row.in_w) --to;
  const int64_t channels = row.channels, step = row.dilation * channels, line_count = row.line_count,
                last_channel = row.last_channel;
  for (int64_t c = row.first_channel; c < last_channel; c += kLanes) {
    F32 acc = Set(0.0f);
    for (int64_t i = 0; i < line_count; ++i) {
      const float* x = row.lines[i] + left * channels + from * step + c;
      const float* w = row.w + (i * row.kw + from) * row.w_stride + c;
      for (int64_t kx = from; kx < to; ++kx, x += step, w += row.w_stride) acc = Fma(Load(x), Load(w), acc);
    }
    FinishPixels<1>(row, ox, c, &acc);
  }
}

/// Outputs [inner, edge) have windows that lie inside the input.
struct InnerSpan {
  int64_t inner, edge;
};

KPT_VEC InnerSpan InnerSpanOf(const DwconvF32Row& row) {
  InnerSpan span{row.pad_left < 0 ? 0 : (row.pad_left + row.stride - 1) / row.stride, 0};
  const int64_t room = row.in_w - 1 + row.pad_left - (row.kw - 1) * row.dilation;
  if (room >= 0) span.edge = room / row.stride + 1;
  if (span.inner > row.out_w) span.inner = row.out_w;
  if (span.edge > row.out_w) span.edge = row.out_w;
  return span;
}

/// As many tiles of kCount outputs as fit from `ox` on, then smaller ones. Returns the first output not made.
template <int kCount, int kW, int kStride>
int64_t Tiles(const DwconvF32Row& row, const InnerSpan& span, int64_t ox, int64_t end) {
  for (; ox + kCount <= end; ox += kCount) {
    if (kW == 0 || (ox >= span.inner && ox + kCount <= span.edge))
      Pixels<kCount, kW, kStride, false>(row, ox);
    else
      Pixels<kCount, kW, kStride, kW != 0>(row, ox);
  }
  if constexpr (kCount > 1) return Tiles<kCount / 2, kW, kStride>(row, span, ox, end);
  return ox;
}

template <int kW, int kStride>
void ComputeRow(const DwconvF32Row& row) {
  const InnerSpan span = InnerSpanOf(row);
  if constexpr (kW > 0) {
    Tiles<kPixels, kW, kStride>(row, span, 0, row.out_w);
    return;
  }
  int64_t ox = 0;
  for (; ox < span.inner; ++ox) EdgePixel(row, ox);
  ox = Tiles<kPixels, 0, 0>(row, span, ox, span.edge);
  for (; ox < row.out_w; ++ox) EdgePixel(row, ox);
}

KPT_VEC void ComputeAnyRow(const DwconvF32Row& row) {
  if (row.dilation == 1) {
    if (row.kw == 3 && row.stride == 1) return ComputeRow<3, 1>(row);
    if (row.kw == 3 && row.stride == 2) return ComputeRow<3, 2>(row);
    if (row.kw == 5 && row.stride == 1) return ComputeRow<5, 1>(row);
    if (row.kw == 5 && row.stride == 2) return ComputeRow<5, 2>(row);
    if (row.kw == 7 && row.stride == 1) return ComputeRow<7, 1>(row);
  }
  ComputeRow<0, 0>(row);
}

}  // namespace dwconv_f32_inl
}  // namespace
}  // namespace kompakt
