// dwconv_s8: depthwise convolution, u8 activations x s8 weights, channels last, any window. A thread first
// lays the input rows of a few output rows out in its scratch (`fill`), borders included, then computes
// output rows from it (`run`).
//
//   quads layout (dot product tiers): four input rows of one channel lie in one 32-bit lane,
//     scratch [column][q][channel][4]: lane = rows 4q..4q+3 of that column and channel, so one dot product
//     instruction adds a whole column of a 3x3 window. Where 4q has spare rows, several output rows share one
//     filling.
//     Kernels with `wide` > 0 take channels by that many as long as so many remain, in the order in which
//     interleaving bytes inside 128-bit lanes leaves them and packing puts them right again: DwConvS8Slot.
//   direct layout (others): scratch [row][column][channel].
//
//   acc[x][c] = bias[c] + sum over taps t of scratch[x * column_step + tap_offsets[t]][c] . w[t][c]
// and then as gemm_s8. `channels` of a call are padded to kDwConvBlock; padding weights are zero.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>

#include "native/cpu/tier.h"
#include "native/kernels/requantize/requantize.h"

namespace kompakt {

/// Channels are laid out in blocks of this many: scratch, weights, bias and scale are padded to it.
constexpr int kDwConvBlock = 16;

/// Fills one q of `columns` columns: out[column * out_stride + ...] from rows[i][column * channels_stride
/// ...]. Direct layout: rows[0] only. Reads whole blocks: up to 15 bytes past the last channel.
struct DwConvS8Fill {
  const uint8_t* rows[4];
  int64_t columns;
  int64_t row_stride;  // bytes between columns of the input
  int channels;        // multiple of kDwConvBlock
  uint8_t* out;
  int64_t out_stride;  // bytes between columns of the scratch
};

/// One output row of some channels.
struct DwConvS8Row {
  const uint8_t* scratch;
  const int32_t* tap_offsets;  // [taps], bytes
  int taps;
  int64_t column_step;  // scratch bytes between output columns
  int64_t columns;      // output columns
  int channels;         // valid ones
  const int8_t* w;      // quads: [block][tap][slot of the block][4]; direct: [block of 16][tap][16]
  const int32_t* bias;  // by slot, zero points folded
  const float* scale;   // by slot; not read for s32
  bool pairs_fit;       // every 255 * (sum of two weights of a quad) fits 16 bits: AVX2 may use vpmaddubsw
  bool small_sums;      // as in gemm_s8
  OutputKind output;
  void* y;
  int64_t y_stride;  // elements between output columns
  OutputRange range;
};

struct DwConvS8Kernel {
  Tier tier;
  const char* name;
  bool quads;
  /// Channels of a wide block, a multiple of kDwConvBlock, or 0. Calls begin at multiples of it.
  int wide;
  /// What `fill` subtracts from every byte by flipping its top bit (0 or 128).
  int x_offset;
  int min_weight;
  void (*fill)(const DwConvS8Fill& fill);
  void (*run)(const DwConvS8Row& row);
};

/// Channels of the wide blocks among `channels`: the rest lies in blocks of kDwConvBlock.
constexpr int64_t DwConvS8WideChannels(int wide, int64_t channels) {
  return wide == 0 ? 0 : (channels + kDwConvBlock - 1) / kDwConvBlock * kDwConvBlock / wide * wide;
}

/// The place among all slots of channel c: its own number outside of wide blocks. Inside, groups of four of
/// every 16 channels stand together: all first groups, then all second ones, and so on.
constexpr int64_t DwConvS8Slot(int wide, int64_t channels, int64_t c) {
  if (c >= DwConvS8WideChannels(wide, channels)) return c;
  const int64_t in_block = c % wide, group = in_block % 16 / 4;
  return c - in_block + group * (wide / 4) + in_block / 16 * 4 + in_block % 4;
}

/// All kernels compiled for this architecture, best first; the last is the reference. Check HasTier before
/// use.
const DwConvS8Kernel* DwConvS8Kernels(size_t* count);
/// The best kernel that this CPU supports.
const DwConvS8Kernel& ChooseDwConvS8();

}  // namespace kompakt
