// ConvF32Rows: the dense form of conv_f32 as a product: packed weights, and pointers to the rows of A, which
// are windows of the input. For a step of its own and for lines of chain_f32.
//
// With few channels one tap of the product is a whole line of the window, which is one run of memory: chains
// of a few multiply-adds per tap would leave the kernel idle. Only runs that reach into the padding are
// copied. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "native/ops/convolution.h"
#include "native/ops/gemm_f32_loop.h"

namespace kompakt {

class ConvF32Rows {
 public:
  /// x, w, ?bias and ?residual are inputs 0 to 3. Weights that are no constant are packed by PackPanel() in
  /// every run.
  Status Make(const StepSpec& spec, const Convolution& conv, UnaryOp activation);

  /// The product of group 0; `b` is null when the weights are no constant. Rows have the pixels of the
  /// output.
  const GemmF32& gemm() const { return gemm_; }
  UnaryOp activation() const { return activation_; }
  /// Floats of the packed weights of one group.
  int64_t group_size() const { return group_size_; }
  /// Packs panel i of all groups into its place in `packed`.
  void PackPanel(int64_t i, float* packed) const;

  /// Bytes of the copies that PointLine makes for a whole line of the output.
  size_t copy_bytes() const;
  /// to[t * tap_stride + ox] = where tap t of output column ox begins, for ox in [first, last). `lines`: the
  /// input lines of the window, null in the padding. `copies` takes the runs that reach into the padding.
  void PointLine(const float* const* lines, int64_t first, int64_t last, const float** to, int64_t tap_stride,
                 float** copies) const;

 private:
  /// Output columns [begin, end) for which `taps` columns of the window from tap `kx` on lie inside the
  /// input; there, they begin `offset` floats from where the pixel would begin without padding.
  struct Span {
    int64_t begin, end, offset;
  };
  Span SpanOf(int64_t kx, int64_t taps) const;
  const float* Edge(const float* from, int64_t ox, float** copies) const;

  Convolution conv_{};
  UnaryOp activation_{};
  GemmF32 gemm_{};
  bool runs_ = false;
  const float* w_ = nullptr;
  int64_t group_size_ = 0;
  /// Of the taps of one line of the window.
  std::vector<Span> spans_;
  std::vector<int64_t> column_offsets_;
  AlignedBuffer zeros_;
};

}  // namespace kompakt
