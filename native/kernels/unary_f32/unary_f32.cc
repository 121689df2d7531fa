// Names, tiers and dispatch of unary_f32.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/unary_f32/unary_f32.h"

namespace kompakt {
namespace {

struct Name {
  const char* text;
  UnaryKind kind;
};
constexpr Name kNames[] = {
    {"none", UnaryKind::kNone},
    {"abs", UnaryKind::kAbs},
    {"acos", UnaryKind::kAcos},
    {"acosh", UnaryKind::kAcosh},
    {"asin", UnaryKind::kAsin},
    {"asinh", UnaryKind::kAsinh},
    {"atan", UnaryKind::kAtan},
    {"atanh", UnaryKind::kAtanh},
    {"binarize_approx", UnaryKind::kBinarizeApprox},
    {"binarize_clip", UnaryKind::kBinarizeClip},
    {"binarize_swish", UnaryKind::kBinarizeSwish},
    {"ceil", UnaryKind::kCeil},
    {"clip", UnaryKind::kClip},
    {"cos", UnaryKind::kCos},
    {"cosh", UnaryKind::kCosh},
    {"elu", UnaryKind::kElu},
    {"erf", UnaryKind::kErf},
    {"exp", UnaryKind::kExp},
    {"floor", UnaryKind::kFloor},
    {"gelu", UnaryKind::kGelu},
    {"gelu_tanh", UnaryKind::kGeluTanh},
    {"hard_sigmoid", UnaryKind::kHardSigmoid},
    {"hard_swish", UnaryKind::kHardSwish},
    {"leaky_relu", UnaryKind::kLeakyRelu},
    {"log", UnaryKind::kLog},
    {"mish", UnaryKind::kMish},
    {"neg", UnaryKind::kNeg},
    {"reciprocal", UnaryKind::kReciprocal},
    {"relu", UnaryKind::kRelu},
    {"round", UnaryKind::kRound},
    {"selu", UnaryKind::kSelu},
    {"shrink", UnaryKind::kShrink},
    {"sigmoid", UnaryKind::kSigmoid},
    {"sign", UnaryKind::kSign},
    {"silu", UnaryKind::kSilu},
    {"sin", UnaryKind::kSin},
    {"sinh", UnaryKind::kSinh},
    {"softplus", UnaryKind::kSoftplus},
    {"softsign", UnaryKind::kSoftsign},
    {"sqrt", UnaryKind::kSqrt},
    {"square", UnaryKind::kSquare},
    {"tan", UnaryKind::kTan},
    {"tanh", UnaryKind::kTanh},
    {"thresholded_relu", UnaryKind::kThresholdedRelu},
};

}  // namespace

#define KERNEL(tier, name) void name(UnaryOp op, const float* x, float* y, int64_t count);
#include "native/kernels/unary_f32/kernels.inc"
#undef KERNEL

bool ParseUnaryKind(const std::string& name, UnaryKind* out) {
  for (const Name& entry : kNames) {
    if (name != entry.text) continue;
    *out = entry.kind;
    return true;
  }
  return false;
}

KernelList<UnaryF32Fn> UnaryF32Kernels() {
#define KERNEL(tier, name) {tier, #name, name},
  static constexpr Kernel<UnaryF32Fn> kTable[] = {
#include "native/kernels/unary_f32/kernels.inc"
  };
#undef KERNEL
  return MakeKernelList(kTable);
}

void UnaryF32(UnaryOp op, const float* x, float* y, int64_t count) {
  static const UnaryF32Fn kRun = UnaryF32Kernels().Best();
  kRun(op, x, y, count);
}

}  // namespace kompakt
