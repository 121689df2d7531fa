// The depthwise form of conv_f32: lines of its output, for a step of its own, as the first half of
// separable_f32 and for chain_f32. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "native/kernels/dwconv_f32/dwconv_f32.h"
#include "native/kernels/unary_f32/unary_f32.h"
#include "native/ops/convolution.h"

namespace kompakt {

class DwconvF32Lines {
 public:
  /// Packs the weights (input 1) of a convolution with group = C = O; x, w and ?bias are inputs 0 to 2.
  /// Weights that are no constant are packed by PackLive() in every run. `row_offsets`: where the lines of
  /// windows lie that do not just follow one another (see NewConvF32), else empty.
  Status Make(const StepSpec& spec, const Convolution& conv, UnaryOp activation,
              std::vector<int64_t> row_offsets = {});

  /// Bytes that PackLive() needs; 0 for constant weights.
  size_t live_bytes() const { return live_bytes_; }
  void PackLive(uint8_t* scratch);

  /// Scratch of one call: pointers to input rows.
  size_t scratch_bytes() const { return static_cast<size_t>(conv_.kh) * sizeof(float*); }
  /// Channels [first, last) of output line `line`, counted through all images: `y` and `residual` (or null)
  /// are [ow, C]. `first` is a multiple of 16. An activation that the kernel does not fuse is applied with
  /// the last channels.
  void Run(int64_t line, int64_t first, int64_t last, void* scratch, const float* residual, float* y) const;
  /// The same for a window whose input lines lie anywhere: lines [0, count), the first being that of row
  /// `first_tap` of the taps; those in the padding are left out.
  void RunWindow(const float* const* lines, int64_t first_tap, int64_t count, int64_t first, int64_t last,
                 const float* residual, float* y) const;

 private:
  Convolution conv_{};
  UnaryOp activation_{};
  DwconvF32Fn kernel_ = nullptr;
  DwconvF32Row row_{};
  const float* x_ = nullptr;
  const float* w_ = nullptr;
  const float* packed_ = nullptr;
  size_t live_bytes_ = 0;
  std::vector<int64_t> row_offsets_;
  /// A line of padding, where row_offsets_ need one.
  AlignedBuffer zeros_;

  void Pack(float* to) const;
};

/// Makes conv_f32 for group = C = O. The tensors are checked. `row_offsets` as above.
Status NewDwconvF32(const StepSpec& spec, const Convolution& conv, std::vector<int64_t> row_offsets,
                    UnaryOp activation, std::unique_ptr<Step>* out);

}  // namespace kompakt
