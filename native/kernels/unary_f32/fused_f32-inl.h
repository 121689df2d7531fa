// The activations that float32 kernels compute in registers, at the end of a dot product: the very functions
// of unary_f32. Included inside a tier region, after a vocabulary. SPDX-License-Identifier: Apache-2.0
#include "native/base/check.h"
#include "native/kernels/unary_f32/inline_activation.h"
#include "native/kernels/unary_f32/unary_f32-inl.h"

namespace kompakt {
namespace {

/// Applies Op to kCount vectors.
template <typename Op, int kCount>
KPT_VEC void ActivateWith(simd::F32* x, UnaryOp op) {
  const simd::F32 a = simd::Set(op.alpha), b = simd::Set(op.beta);
  KPT_UNROLL
  for (int i = 0; i < kCount; ++i) x[i] = Op::Apply(x[i], a, b);
}

/// Applies op, for which IsInlineActivation holds, to kCount vectors: the choice is made once for all of
/// them.
template <int kCount>
KPT_VEC void Activate(simd::F32* x, UnaryOp op) {
  switch (op.kind) {
    case UnaryKind::kRelu:
      return ActivateWith<unary_inl::OpRelu, kCount>(x, op);
    case UnaryKind::kClip:
      return ActivateWith<unary_inl::OpClip, kCount>(x, op);
    case UnaryKind::kLeakyRelu:
      return ActivateWith<unary_inl::OpLeakyRelu, kCount>(x, op);
    case UnaryKind::kHardSigmoid:
      return ActivateWith<unary_inl::OpHardSigmoid, kCount>(x, op);
    case UnaryKind::kHardSwish:
      return ActivateWith<unary_inl::OpHardSwish, kCount>(x, op);
    default:
      return;
  }
}

}  // namespace
}  // namespace kompakt
