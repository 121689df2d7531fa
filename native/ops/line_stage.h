// LineStage: a step that can be done line by line, reading the lines of its window wherever they lie: what
// chain_f32 is made of. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>

#include "native/ops/step.h"

namespace kompakt {

class LineStage {
 public:
  /// Line `line` of the output sees the input lines line * stride - pad + i * dilation, i in [0, kernel).
  struct Window {
    int64_t kernel = 1, stride = 1, dilation = 1, pad = 0;
  };

  virtual ~LineStage() = default;

  /// Makes output line `line`, counted through all images, at `y`. `lines`: the input lines of its window,
  /// null in the padding.
  virtual void Run(const float* const* lines, int64_t line, float* y, uint8_t* scratch) const = 0;

  const Window& window() const { return window_; }
  /// Bytes of scratch of one call.
  size_t scratch_bytes() const { return scratch_bytes_; }

 protected:
  Window window_;
  size_t scratch_bytes_ = 0;
};

/// Makes the stage for a step of kind conv_f32 (constant weights, depthwise or of one group), max_pool
/// (float32), or copy (from channels first to channels last). Tensors between stages have no data.
Status MakeLineStage(const StepSpec& spec, std::unique_ptr<LineStage>* out);

}  // namespace kompakt
