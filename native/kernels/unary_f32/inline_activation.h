// Which activations the float32 dot-product kernels compute in their epilogue.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "native/kernels/unary_f32/unary_f32.h"

namespace kompakt {

/// True when fused_f32-inl.h computes `kind` in registers; any other kind is a pass of UnaryF32 over the
/// finished rows.
constexpr bool IsInlineActivation(UnaryKind kind) {
  return kind == UnaryKind::kNone || kind == UnaryKind::kRelu || kind == UnaryKind::kClip ||
         kind == UnaryKind::kLeakyRelu || kind == UnaryKind::kHardSigmoid || kind == UnaryKind::kHardSwish;
}

}  // namespace kompakt
