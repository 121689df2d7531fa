// The step behind add_u8 and mul_u8.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "native/kernels/binary_u8/binary_u8.h"
#include "native/ops/broadcast.h"

namespace kompakt {

/// Checks the tensors, reads aZero, bZero, yZero, lo and hi into `params` (factors are the caller's) and
/// makes the step.
Status MakeBinaryU8(const StepSpec& spec, BinaryU8Fn run, BinaryU8Params params, std::unique_ptr<Step>* out);

}  // namespace kompakt
