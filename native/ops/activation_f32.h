// The fused activation of a float32 step.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "native/kernels/unary_f32/inline_activation.h"
#include "native/ops/step.h"

namespace kompakt {

/// Reads the parameters activation, alpha and beta.
inline Status ReadActivation(const StepSpec& spec, UnaryOp* out) {
  std::string name;
  KPT_RETURN_IF_ERROR(spec.params.Text("activation", &name));
  KPT_RETURN_IF_ERROR(spec.params.Float("alpha", &out->alpha));
  KPT_RETURN_IF_ERROR(spec.params.Float("beta", &out->beta));
  return ParseUnaryKind(name, &out->kind) ? Status::Ok() : spec.Fail("unknown activation '" + name + "'");
}

}  // namespace kompakt
