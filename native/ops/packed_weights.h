// PackedWeights: the s8 weights of one gemm_s8, ready to run: weight zero points resolved, panels packed,
// biases folded. Shared by the convolution, transposed convolution and matrix product steps.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "native/kernels/gemm_s8/gemm_s8.h"
#include "native/ops/conv_shape.h"
#include "native/ops/folded_channels.h"

namespace kompakt {

/// Describes w[group][column][tap][k] by strides and, for taps, a list of offsets, all in elements.
struct WeightSource {
  const TensorView* w = nullptr;
  std::string tag;  // tells apart different choices of taps of one constant
  int64_t groups = 1, columns = 0, tap_bytes = 0;
  int64_t group_stride = 0, column_stride = 0;
  std::vector<int64_t> taps;
  /// Columns are `sets` times the output channels of a group, with other weights in every set.
  int64_t sets = 1, set_stride = 0;
  /// Whether the step adds lift() times the sum of the bytes of a row to that row.
  bool lifts = false;

  int64_t channels() const { return columns / sets; }
  /// Where the weights of `tap`, one of taps, of a column begin.
  int64_t At(int64_t group, int64_t column, int64_t tap) const {
    return group * group_stride + column / channels() * set_stride + column % channels() * column_stride +
           tap;
  }
  int64_t Channel(int64_t group, int64_t column) const { return group * channels() + column % channels(); }
};

/// What a step must know of the weights besides their packed form. Packed like them, so that the weights
/// themselves are read once; sums of the columns follow.
struct WeightFacts {
  int32_t lift;       // what was taken off every weight, besides its zero point, so that one part is enough
  int32_t parts;      // s8 summands of a weight: minus its zero point it may need more than 8 bits
  int32_t pairs_fit;  // whether products of pairs stay within 16 bits
  int32_t reach;  // no column's positive weights, nor its negative ones, sum up to more, at most INT32_MAX
  const int32_t* sums() const { return reinterpret_cast<const int32_t*>(this + 1); }

  /// A weight minus its zero point is now among those that `parts` values within [low, 127] can sum up to.
  void Include(int weight, int low) {
    while (weight > 127 * parts || weight < low * parts) ++parts;
  }

  /// All weights minus their zero points are within [least, most], and a part within [low, 127].
  void Fit(int least, int most, int low, bool lifts) {
    if (lifts && (least < low || most > 127) && most - least <= 127 - low)
      lift = most > 127 ? most - 127 : least - low;
    Include(least - lift, low);
    Include(most - lift, low);
  }

  /// A column whose weights sum up to `sum`, and without their signs to `total`.
  void Reach(int64_t sum, int64_t total) {
    reach = static_cast<int32_t>(std::clamp<int64_t>((total + std::abs(sum)) / 2, reach, INT32_MAX));
  }

  /// Those of the weights, input 1, under `tag`; find(facts, sums) fills them in the first time, from 0, 1,
  /// 1, 0 and zeros.
  template <typename Find>
  static Status Get(const StepSpec& spec, const std::string& tag, int64_t columns, const WeightFacts** out,
                    const Find& find) {
    const size_t bytes = sizeof(WeightFacts) + static_cast<size_t>(columns) * sizeof(int32_t);
    *out = reinterpret_cast<const WeightFacts*>(
        spec.packs->Get(spec.in(1)->constant, tag + ":facts", bytes, [&](uint8_t* block) {
          WeightFacts* facts = reinterpret_cast<WeightFacts*>(block);
          facts->parts = facts->pairs_fit = 1;
          facts->lift = facts->reach = 0;
          find(facts, reinterpret_cast<int32_t*>(facts + 1));
        }));
    if (*out == nullptr) return Status::Error("KPT_TOO_LARGE", "packed weights");
    if ((*out)->parts < 1 || (*out)->parts > kMostParts || std::abs((*out)->lift) > 255)
      return spec.Fail("the packed weights are damaged");
    return Status::Ok();
  }
};

class PackedWeights {
 public:
  /// `channels` has one value for every output channel; x_zero is folded into the bias.
  Status Make(const StepSpec& spec, const WeightSource& source, const ConvChannels& channels, int32_t x_zero);

  const RunTimeParams& run_time() const { return run_time_; }
  /// Takes this run's zero point and scale of x, where run_time() is live; returns the zero point.
  int32_t Rescale() { return run_time_.Apply(kernel_->a_offset, channels_.bias(), channels_.scale()); }

  const GemmS8Kernel& kernel() const { return *kernel_; }
  const GemmPanels& panels() const { return panels_; }
  /// No panel has more columns.
  int64_t widest() const { return int64_t{kernel_->unit} * kernel_->max_units; }
  /// Taps of the kernel: those of the source, `parts` times.
  int taps() const { return taps_ * parts_; }
  int parts() const { return parts_; }
  /// What every weight is larger than its packed form. Where this is not zero, callers give row m the row
  /// bias RowBias(the sum of the bytes of the row).
  int lift() const { return lift_; }
  int32_t RowBias(uint32_t sum) const {
    return static_cast<int32_t>(static_cast<uint32_t>(lift_) * (sum - row_offset_));
  }
  /// False: some scale is too large to convert before clamping; compute f32 and round it (requantize.h).
  bool fast_scale() const { return channels_.fast_scale(); }

  /// Sets kernel operands of one panel: b, bias, scale, taps, tap_bytes, columns and what is proved of them.
  void Bind(int64_t group, int64_t panel, GemmS8Block* block) const;

 private:
  const GemmS8Kernel* kernel_ = nullptr;
  GemmPanels panels_;
  const int8_t* packed_ = nullptr;
  FoldedChannels channels_;
  RunTimeParams run_time_;
  size_t group_bytes_ = 0;
  int taps_ = 0, tap_bytes_ = 0, parts_ = 1, lift_ = 0;
  uint32_t row_offset_ = 0;  // what the kernel takes off all bytes of a row
  bool small_sums_ = false;
};

}  // namespace kompakt
