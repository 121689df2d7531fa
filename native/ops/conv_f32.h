// The dense form of conv_f32, for every step that is one but for where the lines of its windows lie.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <vector>

#include "native/ops/activation_f32.h"
#include "native/ops/convolution.h"
#include "native/ops/step.h"

namespace kompakt {

/// The activation and inputs 2 and 3, ?bias and ?residual, of a convolution in f32. Fails where they or the
/// types of x, w and y do not fit.
Status ReadConvF32(const StepSpec& spec, const Convolution& conv, UnaryOp* activation);

/// `row_offsets`: for every line of the output of one image and line of its window, [line][tap], where that
/// line of the input begins in the image, or -1 in the padding. The tensors are checked.
Status NewConvF32(const StepSpec& spec, const Convolution& conv, std::vector<int64_t> row_offsets,
                  UnaryOp activation, std::unique_ptr<Step>* out);

}  // namespace kompakt
