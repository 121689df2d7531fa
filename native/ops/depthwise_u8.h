// The depthwise form of conv_u8: one input channel per output channel, run by dwconv_s8.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>

#include "native/ops/conv_shape.h"

namespace kompakt {

/// True when group = C = O.
bool DepthwiseU8Applies(const ConvShape& shape);
Status MakeDepthwiseU8(const StepSpec& spec, const ConvShape& shape, std::unique_ptr<Step>* out);

}  // namespace kompakt
