// The depthwise form of conv_f32.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "native/kernels/unary_f32/unary_f32.h"
#include "native/ops/convolution.h"

namespace kompakt {

/// Makes conv_f32 for group = C = O. The tensors are checked.
Status NewDwconvF32(const StepSpec& spec, const Convolution& conv, UnaryOp activation,
                    std::unique_ptr<Step>* out);

}  // namespace kompakt
