// unary_f32 for the vectors of the including file: the one definition of every function of UnaryKind.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/unary_f32/unary_f32.h"
#include "native/simd/floats-inl.h"
#include "native/simd/math-inl.h"
#include "native/simd/trigonometry-inl.h"

namespace kompakt {
namespace {
namespace unary_inl {

using namespace simd;

constexpr float kMaxFloat = 3.40282347e+38f;

// Keeps -infinity * 0 from becoming NaN where the limit is -0.
KPT_VEC F32 AboveMinusInfinity(F32 x) { return Max(Set(-kMaxFloat), x); }

KPT_VEC F32 Binarize(F32 x) { return Select(Le(Set(0.0f), x), Set(1.0f), Set(-1.0f)); }

KPT_VEC F32 HardSigmoid(F32 x, F32 a, F32 b) { return Clamp(Add(Mul(x, a), b), 0.0f, 1.0f); }

KPT_VEC F32 Gelu(F32 x) {
  const F32 tail = Add(Set(1.0f), Erf(Mul(x, Set(0.707106781f))));
  return Mul(Mul(Set(0.5f), AboveMinusInfinity(x)), tail);
}

// 0.5 * x * (1 + tanh(u)) = x * sigmoid(2 * u), u = sqrt(2 / pi) * (x + 0.044715 * x^3).
KPT_VEC F32 GeluTanh(F32 x) {
  const F32 cubic = Mul(Mul(Mul(x, x), x), Set(0.044715f));
  return Mul(AboveMinusInfinity(x), Sigmoid(Mul(Set(1.59576912f), Add(x, cubic))));
}

// x * tanh(log(1 + e^x)) = x * n / (n + 2) with n = e^x * (e^x + 2); from 20 on the quotient is 1.
KPT_VEC F32 Mish(F32 x) {
  const F32 e = Exp(Min(Set(20.0f), x));
  const F32 n = Mul(e, Add(e, Set(2.0f)));
  return Mul(AboveMinusInfinity(x), Div(n, Add(n, Set(2.0f))));
}

KPT_VEC F32 Sign(F32 x) {
  const F32 nonnegative = Select(Lt(Set(0.0f), x), Set(1.0f), Select(IsNan(x), x, Set(0.0f)));
  return Select(Lt(x, Set(0.0f)), Set(-1.0f), nonnegative);
}

// max(x, 0) + log(1 + e^-|x|).
KPT_VEC F32 Softplus(F32 x) { return Add(Max(Set(0.0f), x), Log1pUnit(Exp(Neg(Abs(x))))); }

KPT_VEC F32 Softsign(F32 x) {
  const F32 finite = Clamp(x, -kMaxFloat, kMaxFloat);
  return Div(finite, Add(Set(1.0f), Abs(finite)));
}

// Kind and value, from x and the parameters a (alpha) and b (beta).
#define KPT_UNARY_LIST(UNARY)                                                                \
  UNARY(Abs, Abs(x))                                                                         \
  UNARY(Acos, Acos(x))                                                                       \
  UNARY(Acosh, Acosh(x))                                                                     \
  UNARY(Asin, Asin(x))                                                                       \
  UNARY(Asinh, Asinh(x))                                                                     \
  UNARY(Atan, Atan(x))                                                                       \
  UNARY(Atanh, Atanh(x))                                                                     \
  UNARY(BinarizeApprox, Binarize(x))                                                         \
  UNARY(BinarizeClip, Binarize(x))                                                           \
  UNARY(BinarizeSwish, Binarize(x))                                                          \
  UNARY(Ceil, Ceil(x))                                                                       \
  UNARY(Clip, Min(b, Max(a, x)))                                                             \
  UNARY(Cos, Cos(x))                                                                         \
  UNARY(Cosh, Cosh(x))                                                                       \
  UNARY(Elu, Select(Lt(x, Set(0.0f)), Mul(a, Expm1Negative(Min(Set(0.0f), x))), x))          \
  UNARY(Erf, Erf(x))                                                                         \
  UNARY(Exp, Exp(x))                                                                         \
  UNARY(Floor, Floor(x))                                                                     \
  UNARY(Gelu, Gelu(x))                                                                       \
  UNARY(GeluTanh, GeluTanh(x))                                                               \
  UNARY(HardSigmoid, HardSigmoid(x, a, b))                                                   \
  UNARY(HardSwish, Mul(AboveMinusInfinity(x), HardSigmoid(x, Set(1.0f / 6.0f), Set(0.5f))))  \
  UNARY(LeakyRelu, Select(Lt(x, Set(0.0f)), Mul(a, x), x))                                   \
  UNARY(Log, Log(x))                                                                         \
  UNARY(Mish, Mish(x))                                                                       \
  UNARY(Neg, Neg(x))                                                                         \
  UNARY(Reciprocal, Div(Set(1.0f), x))                                                       \
  UNARY(Relu, Select(Le(x, Set(0.0f)), Set(0.0f), x))                                        \
  UNARY(Round, Round(x))                                                                     \
  UNARY(Selu, Mul(b, Select(Le(x, Set(0.0f)), Mul(a, Expm1Negative(Min(Set(0.0f), x))), x))) \
  UNARY(Shrink, Select(Lt(x, Neg(a)), Add(x, b), Select(Lt(a, x), Sub(x, b), Set(0.0f))))    \
  UNARY(Sigmoid, Sigmoid(x))                                                                 \
  UNARY(Sign, Sign(x))                                                                       \
  UNARY(Silu, Mul(AboveMinusInfinity(x), Sigmoid(Mul(a, x))))                                \
  UNARY(Sin, Sin(x))                                                                         \
  UNARY(Sinh, Sinh(x))                                                                       \
  UNARY(Softplus, Softplus(x))                                                               \
  UNARY(Softsign, Softsign(x))                                                               \
  UNARY(Sqrt, Sqrt(x))                                                                       \
  UNARY(Square, Mul(x, x))                                                                   \
  UNARY(Tan, Tan(x))                                                                         \
  UNARY(Tanh, Tanh(x))                                                                       \
  UNARY(ThresholdedRelu, Select(Lt(a, x), x, Set(0.0f)))

#define KPT_UNARY_STRUCT(Name, value)        \
  struct Op##Name {                          \
    KPT_VEC F32 Apply(F32 x, F32 a, F32 b) { \
      (void)a;                               \
      (void)b;                               \
      return value;                          \
    }                                        \
  };
KPT_UNARY_LIST(KPT_UNARY_STRUCT)
#undef KPT_UNARY_STRUCT

template <typename Op>
static void Map(UnaryOp op, const float* x, float* y, int64_t count) {
  const F32 a = Set(op.alpha), b = Set(op.beta);
  for (int64_t i = 0; i < count; i += kLanes)
    StoreSome(y + i, Op::Apply(LoadSome(x + i, count - i), a, b), count - i);
}

[[maybe_unused]] static void Run(UnaryOp op, const float* x, float* y, int64_t count) {
  switch (op.kind) {
    case UnaryKind::kNone:
      if (x != y && count > 0) __builtin_memmove(y, x, static_cast<size_t>(count) * sizeof(float));
      return;
#define KPT_UNARY_CASE(Name, value) \
  case UnaryKind::k##Name:          \
    return Map<Op##Name>(op, x, y, count);
      KPT_UNARY_LIST(KPT_UNARY_CASE)
#undef KPT_UNARY_CASE
  }
}
#undef KPT_UNARY_LIST

}  // namespace unary_inl
}  // namespace
}  // namespace kompakt
