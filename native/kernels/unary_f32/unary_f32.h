// unary_f32: elementwise functions of float32, alone (step unary_f32) or fused behind another step.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>

#include "native/kernels/kernel.h"

namespace kompakt {

/// The same names as UnaryKind of lib/ops/shared/unary-kind.ts, which says what alpha and beta are.
enum class UnaryKind : uint8_t {
  kNone,
  kAbs,
  kAcos,
  kAcosh,
  kAsin,
  kAsinh,
  kAtan,
  kAtanh,
  kBinarizeApprox,
  kBinarizeClip,
  kBinarizeSwish,
  kCeil,
  kClip,
  kCos,
  kCosh,
  kElu,
  kErf,
  kExp,
  kFloor,
  kGelu,
  kGeluTanh,
  kHardSigmoid,
  kHardSwish,
  kLeakyRelu,
  kLog,
  kMish,
  kNeg,
  kReciprocal,
  kRelu,
  kRound,
  kSelu,
  kShrink,
  kSigmoid,
  kSign,
  kSilu,
  kSin,
  kSinh,
  kSoftplus,
  kSoftsign,
  kSqrt,
  kSquare,
  kTan,
  kTanh,
  kThresholdedRelu,
};

struct UnaryOp {
  UnaryKind kind = UnaryKind::kNone;
  float alpha = 0;
  float beta = 0;
};

/// Reads a name of unary-kind.ts; false when there is none such.
bool ParseUnaryKind(const std::string& name, UnaryKind* out);

/// y[i] = op(x[i]). y may be x. The same bits on every tier, except the payload of NaNs; how the values are
/// spread over calls and vectors does not matter. NaN gives NaN (thresholded_relu, shrink: 0, binarize: -1);
/// infinities give the limit of the function. Accuracy: exp, log, erf, softplus, sin, cos, acos and the like
/// within 2 ulp; tan and the hyperbolic functions within 4; sigmoid, tanh, silu, mish, gelu_tanh within 4
/// ulp; gelu within 2 ulp of the larger factor (it is 0.5 * x * (1 + erf)).
void UnaryF32(UnaryOp op, const float* x, float* y, int64_t count);

using UnaryF32Fn = void (*)(UnaryOp op, const float* x, float* y, int64_t count);
/// All tiers of UnaryF32, best first, the reference last.
KernelList<UnaryF32Fn> UnaryF32Kernels();

}  // namespace kompakt
