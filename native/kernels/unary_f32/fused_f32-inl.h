// The activations that float32 kernels compute in registers, at the end of a dot product: the very functions
// of unary_f32. Included inside a tier region, after a vocabulary. SPDX-License-Identifier: Apache-2.0
#include "native/kernels/unary_f32/inline_activation.h"
#include "native/kernels/unary_f32/unary_f32-inl.h"

namespace kompakt {
namespace {

/// Applies op, for which IsInlineActivation holds.
KPT_VEC simd::F32 Activate(simd::F32 x, UnaryOp op) {
  const simd::F32 a = simd::Set(op.alpha), b = simd::Set(op.beta);
  switch (op.kind) {
    case UnaryKind::kRelu:
      return unary_inl::OpRelu::Apply(x, a, b);
    case UnaryKind::kClip:
      return unary_inl::OpClip::Apply(x, a, b);
    case UnaryKind::kLeakyRelu:
      return unary_inl::OpLeakyRelu::Apply(x, a, b);
    case UnaryKind::kHardSigmoid:
      return unary_inl::OpHardSigmoid::Apply(x, a, b);
    case UnaryKind::kHardSwish:
      return unary_inl::OpHardSwish::Apply(x, a, b);
    default:
      return x;
  }
}

}  // namespace
}  // namespace kompakt
