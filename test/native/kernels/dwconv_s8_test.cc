// Every supported dwconv_s8 tier gives the bytes of the definition, written here from the layouts of its
// contract. SPDX-License-Identifier: Apache-2.0
#include "native/kernels/dwconv_s8/dwconv_s8.h"

#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include "test/native/harness.h"

namespace kompakt {
namespace {

using testing::GuardedBuffer;
using testing::Random;

/// Whether element `at` of y is what the row makes of a sum.
bool Holds(const uint8_t* y, int64_t at, int32_t acc, float scale, const DwConvS8Row& row) {
  const float scaled = static_cast<float>(acc) * scale;
  if (row.output == OutputKind::kU8) return y[at] == Requantize(acc, scale, row.range);
  return std::memcmp(y + 4 * at, row.output == OutputKind::kF32 ? static_cast<const void*>(&scaled) : &acc,
                     4) == 0;
}

/// One output row, kernel `width` x 4 (quads) or `width` x 1 (direct), through fill and run.
void CheckKernel(const DwConvS8Kernel& kernel, int channels, int64_t columns, int width, int x_low, int w_low,
                 int w_high, const OutputRange& range = {128, 2, 253}, OutputKind output = OutputKind::kU8) {
  Random random(static_cast<uint64_t>(channels * 31 + columns * 7 + width));
  const int lanes = kernel.quads ? 4 : 1;
  const int padded = (channels + kDwConvBlock - 1) / kDwConvBlock * kDwConvBlock;
  const int64_t in_columns = columns + width - 1;
  std::vector<GuardedBuffer> rows;
  for (int r = 0; r < lanes; ++r) {
    rows.emplace_back(static_cast<size_t>(in_columns * channels));
    for (size_t i = 0; i < rows[r].size(); ++i)
      rows[r].data()[i] = static_cast<uint8_t>(random.Int(x_low, 255));
  }
  GuardedBuffer scratch(static_cast<size_t>(in_columns * padded * lanes));
  DwConvS8Fill fill = {};
  for (int r = 0; r < lanes; ++r) fill.rows[r] = rows[r].data();
  fill.columns = in_columns, fill.row_stride = channels, fill.channels = padded;
  fill.out = scratch.data(), fill.out_stride = static_cast<int64_t>(padded) * lanes;
  kernel.fill(fill);
  CHECK(scratch.Intact());

  std::vector<int8_t> w(static_cast<size_t>(padded) * width * lanes);
  std::vector<int32_t> bias(padded), taps;
  std::vector<float> scale(padded);
  for (int t = 0; t < width; ++t) taps.push_back(t * padded * lanes);
  const int64_t wide = DwConvS8WideChannels(kernel.wide, channels);
  const auto slot = [&](int c) { return DwConvS8Slot(kernel.wide, channels, c); };
  const auto weight = [&](int c, int t, int r) -> int8_t& {
    const int64_t block = c < wide ? kernel.wide : kDwConvBlock;
    return w[static_cast<size_t>((slot(c) / block * width + t) * block + slot(c) % block) * lanes + r];
  };
  for (int c = 0; c < channels; ++c)
    for (int t = 0; t < width; ++t)
      for (int r = 0; r < lanes; ++r) weight(c, t, r) = static_cast<int8_t>(random.Int(w_low, w_high));
  for (int32_t& b : bias) b = random.Int(-50000, 50000);
  for (float& f : scale) f = static_cast<float>(random.Int(1, 40)) * 0.0001f;
  GuardedBuffer y(static_cast<size_t>(columns * channels) * (output == OutputKind::kU8 ? 1 : 4));
  DwConvS8Row row = {};
  row.scratch = scratch.data(), row.tap_offsets = taps.data(), row.taps = width;
  row.column_step = static_cast<int64_t>(padded) * lanes, row.columns = columns, row.channels = channels;
  row.w = w.data(), row.bias = bias.data(), row.scale = scale.data();
  row.pairs_fit = w_low >= -64 && w_high <= 64;
  row.y = y.data(), row.y_stride = channels, row.range = range;
  row.output = output;
  row.small_sums = true;  // 255 * 127 * 40 + 50000 is small
  kernel.run(row);
  CHECK(y.Intact());
  bool same = true;
  for (int64_t x = 0; x < columns; ++x)
    for (int c = 0; c < channels; ++c) {
      int32_t acc = bias[slot(c)];
      for (int t = 0; t < width; ++t)
        for (int r = 0; r < lanes; ++r)
          acc += (rows[r].data()[(x + t) * channels + c] - kernel.x_offset) * weight(c, t, r);
      same = same && Holds(y.data(), x * channels + c, acc, scale[slot(c)], row);
    }
  INFO(kernel.name, " channels ", channels, " columns ", columns, " width ", width);
  CHECK(same);
}

TEST_CASE("dwconv_s8: every tier, channels and columns around its blocks") {
  size_t count = 0;
  const DwConvS8Kernel* kernels = DwConvS8Kernels(&count);
  for (size_t i = 0; i < count; ++i) {
    if (!HasTier(kernels[i].tier)) continue;
    for (int channels : {1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 49, 64, 67, 80, 130})
      for (int64_t columns : {1, 2, 3, 4, 5, 7, 9})
        for (int width : {1, 3, 10}) CheckKernel(kernels[i], channels, columns, width, 0, -127, 127);
    for (int channels : {1, 16, 24, 64, 67, 130})
      for (int64_t columns : {1, 2, 5})
        for (int width : {1, 3, 10}) {
          CheckKernel(kernels[i], channels, columns, width, 0, -127, 127, {0, 0, 255});
          CheckKernel(kernels[i], channels, columns, width, 200, -127, 9, {0, 0, 255});
          CheckKernel(kernels[i], channels, columns, width, 0, -127, 127, {0, 0, 200});
          for (OutputKind output : {OutputKind::kF32, OutputKind::kS32})
            CheckKernel(kernels[i], channels, columns, width, 0, -127, 127, {0, 0, 255}, output);
        }
    CheckKernel(kernels[i], 24, 5, 3, 255, 127, 127);
    CheckKernel(kernels[i], 24, 5, 3, 255, kernels[i].min_weight, kernels[i].min_weight);
    CheckKernel(kernels[i], 24, 5, 3, 255, 64, 64);
    CheckKernel(kernels[i], 24, 5, 3, 0, -64, 64);
  }
}

}  // namespace
}  // namespace kompakt
