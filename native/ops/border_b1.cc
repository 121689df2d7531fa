// BorderB1: classes of pixels and their sums.
// SPDX-License-Identifier: Apache-2.0
#include "native/ops/border_b1.h"

#include <algorithm>
#include <map>

#include "native/ops/checks.h"

namespace kompakt {

BorderB1::Axis BorderB1::MakeAxis(int64_t outputs, int64_t taps, int64_t inputs, int64_t stride,
                                  int64_t dilation, int64_t pad) {
  Axis axis;
  std::map<TapRange, int32_t> known;
  for (int64_t i = 0; i < outputs; ++i) {
    const int64_t start = i * stride - pad;
    const int64_t begin = std::clamp<int64_t>(start >= 0 ? 0 : (-start + dilation - 1) / dilation, 0, taps);
    const int64_t end =
        std::clamp<int64_t>(start >= inputs ? 0 : (inputs - start + dilation - 1) / dilation, begin, taps);
    const TapRange range(static_cast<int32_t>(begin), static_cast<int32_t>(end));
    const auto found = known.emplace(range, static_cast<int32_t>(known.size()));
    if (found.second) axis.ranges.push_back(range);
    axis.of.push_back(found.first->second);
  }
  return axis;
}

Status BorderB1::Make(const StepSpec& spec, const Convolution& conv, bool zeros) {
  kernel_height_ = conv.kh, kernel_width_ = conv.kw;
  if (zeros) {
    rows_ = MakeAxis(conv.oh, conv.kh, conv.h, conv.stride_h, conv.dilation_h, conv.pad_top);
    columns_ = MakeAxis(conv.ow, conv.kw, conv.w, conv.stride_w, conv.dilation_w, conv.pad_left);
  } else {
    rows_ = {{{0, static_cast<int32_t>(conv.kh)}}, std::vector<int32_t>(static_cast<size_t>(conv.oh))};
    columns_ = {{{0, static_cast<int32_t>(conv.kw)}}, std::vector<int32_t>(static_cast<size_t>(conv.ow))};
  }
  if (classes() > kMaxTable || classes() * conv.o > kMaxTable / (conv.kh * conv.kw))
    return spec.Fail("the border of the image has too many kinds of pixels");
  return Status::Ok();
}

void BorderB1::Rows(int64_t first, int64_t lines, int32_t width, int32_t* out) const {
  const int32_t columns = static_cast<int32_t>(columns_.ranges.size());
  for (int64_t line = first; line < first + lines; ++line) {
    const int32_t row = rows_.of[static_cast<size_t>(line)] * columns;
    for (const int32_t column : columns_.of) *out++ = (row + column) * width;
  }
}

int64_t BorderB1::Offset(int64_t index, const int64_t* set, int64_t channels) const {
  const int64_t width = static_cast<int64_t>(columns_.ranges.size());
  const TapRange rows = rows_.ranges[static_cast<size_t>(index / width)];
  const TapRange columns = columns_.ranges[static_cast<size_t>(index % width)];
  int64_t sum = 0;
  for (int64_t y = 0; y < kernel_height_; ++y)
    for (int64_t x = 0; x < kernel_width_; ++x, ++set) {
      const bool inside = y >= rows.first && y < rows.second && x >= columns.first && x < columns.second;
      sum += inside ? channels : 2 * *set;
    }
  return sum;
}

}  // namespace kompakt
