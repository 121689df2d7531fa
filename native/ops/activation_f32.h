// The fused activation of a float32 step.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "native/kernels/unary_f32/inline_activation.h"
#include "native/ops/checks.h"

namespace kompakt {

/// Reads the parameters activation, alpha and beta.
inline Status ReadActivation(const StepSpec& spec, UnaryOp* out) {
  return ReadUnaryOp(spec, "activation", out);
}

}  // namespace kompakt
