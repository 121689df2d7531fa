// gradient_f32 for the vectors of the including file.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/gradient_f32/gradient_f32.h"
#include "native/simd/floats-inl.h"
#include "native/simd/math-inl.h"
#include "native/simd/trigonometry-inl.h"

namespace kompakt {
namespace {
namespace gradient_inl {

using namespace simd;

KPT_VEC F32 One() { return Set(1.0f); }
KPT_VEC F32 Zero() { return Set(0.0f); }

/// 1 where low < v < high.
KPT_VEC F32 Inside(F32 v, F32 low, F32 high) {
  return Select(Lt(low, v), Select(Lt(v, high), One(), Zero()), Zero());
}

KPT_VEC F32 SignOf(F32 x) { return Select(Lt(Zero(), x), One(), Select(Lt(x, Zero()), Set(-1.0f), Zero())); }

/// a * (2 - u * (2 * s - 1)) * 2 * s * (1 - s), u = a * x, s = sigmoid(u); beyond 80 it is 0 in float32.
KPT_VEC F32 SwishSignSlope(F32 x, F32 a) {
  const F32 u = Clamp(Mul(a, x), -80.0f, 80.0f);
  const F32 s = Sigmoid(u);
  const F32 bell = Mul(Mul(Set(2.0f), s), Sub(One(), s));
  return Mul(Mul(a, bell), Sub(Set(2.0f), Mul(u, Sub(Add(s, s), One()))));
}

/// s + x * a * s * (1 - s), s = sigmoid(a * x).
KPT_VEC F32 SiluSlope(F32 x, F32 a) {
  const F32 s = Sigmoid(Mul(a, x));
  return Fma(Mul(Mul(a, x), s), Sub(One(), s), s);
}

/// Phi(x) + x * phi(x) of the normal distribution.
KPT_VEC F32 GeluSlope(F32 x) {
  const F32 cumulative = Mul(Set(0.5f), Add(One(), Erf(Mul(x, Set(0.707106781f)))));
  const F32 density = Mul(Set(0.398942280f), Exp(Mul(Set(-0.5f), Mul(x, x))));
  return Fma(x, density, cumulative);
}

/// y = x * s(u), s the logistic function, u = c * (x + 0.044715 x^3): s + x * s * (1 - s) * u'.
KPT_VEC F32 GeluTanhSlope(F32 x) {
  const F32 square = Mul(x, x);
  const F32 u = Mul(Set(1.59576912f), Fma(Mul(square, x), Set(0.044715f), x));
  const F32 slope = Mul(Set(1.59576912f), Fma(square, Set(0.134145f), One()));
  const F32 s = Sigmoid(u);
  return Fma(Mul(x, slope), Mul(s, Sub(One(), s)), s);
}

/// t + x * (1 - t^2) * sigmoid(x), t = tanh(softplus(x)).
KPT_VEC F32 MishSlope(F32 x) {
  const F32 softplus = Add(Max(Zero(), x), Log1pUnit(Exp(Neg(Abs(x)))));
  const F32 t = Tanh(softplus);
  return Fma(x, Mul(Sub(One(), Mul(t, t)), Sigmoid(x)), t);
}

KPT_VEC F32 HardSwishSlope(F32 x) {
  const F32 middle = Add(Mul(x, Set(1.0f / 3.0f)), Set(0.5f));
  return Select(Le(x, Set(-3.0f)), Zero(), Select(Lt(x, Set(3.0f)), middle, One()));
}

KPT_VEC F32 SoftsignSlope(F32 x) {
  const F32 d = Add(One(), Abs(x));
  return Div(One(), Mul(d, d));
}

KPT_VEC F32 RootSlope(F32 radicand) { return Div(One(), Sqrt(radicand)); }

/// Kind and derivative, from v and the parameters a (alpha) and b (beta).
#define KPT_SLOPE_LIST(SLOPE)                                                    \
  SLOPE(None, One())                                                             \
  SLOPE(Abs, SignOf(v))                                                          \
  SLOPE(Acos, Neg(RootSlope(Sub(One(), Mul(v, v)))))                             \
  SLOPE(Acosh, RootSlope(Mul(Sub(v, One()), Add(v, One()))))                     \
  SLOPE(Asin, RootSlope(Sub(One(), Mul(v, v))))                                  \
  SLOPE(Asinh, RootSlope(Fma(v, v, One())))                                      \
  SLOPE(Atan, Div(One(), Fma(v, v, One())))                                      \
  SLOPE(Atanh, Div(One(), Sub(One(), Mul(v, v))))                                \
  SLOPE(BinarizeApprox, Max(Zero(), Mul(Set(2.0f), Sub(One(), Abs(v)))))         \
  SLOPE(BinarizeClip, Select(Le(Abs(v), a), One(), Zero()))                      \
  SLOPE(BinarizeSwish, SwishSignSlope(v, a))                                     \
  SLOPE(Ceil, Zero())                                                            \
  SLOPE(Clip, Inside(v, a, b))                                                   \
  SLOPE(Cos, Neg(Sin(v)))                                                        \
  SLOPE(Cosh, Sinh(v))                                                           \
  SLOPE(Elu, Select(Lt(Zero(), v), One(), Mul(a, Exp(Min(v, Zero())))))          \
  SLOPE(Erf, Mul(Set(1.12837917f), Exp(Neg(Mul(v, v)))))                         \
  SLOPE(Exp, v)                                                                  \
  SLOPE(Floor, Zero())                                                           \
  SLOPE(Gelu, GeluSlope(v))                                                      \
  SLOPE(GeluTanh, GeluTanhSlope(v))                                              \
  SLOPE(HardSigmoid, Mul(a, Inside(v, Zero(), One())))                           \
  SLOPE(HardSwish, HardSwishSlope(v))                                            \
  SLOPE(LeakyRelu, Select(Lt(Zero(), v), One(), a))                              \
  SLOPE(Log, Div(One(), v))                                                      \
  SLOPE(Mish, MishSlope(v))                                                      \
  SLOPE(Neg, Set(-1.0f))                                                         \
  SLOPE(Reciprocal, Neg(Mul(v, v)))                                              \
  SLOPE(Relu, Select(Lt(Zero(), v), One(), Zero()))                              \
  SLOPE(Round, Zero())                                                           \
  SLOPE(Selu, Mul(b, Select(Lt(Zero(), v), One(), Mul(a, Exp(Min(v, Zero())))))) \
  SLOPE(Shrink, Select(Lt(a, Abs(v)), One(), Zero()))                            \
  SLOPE(Sigmoid, Mul(v, Sub(One(), v)))                                          \
  SLOPE(Sign, Zero())                                                            \
  SLOPE(Silu, SiluSlope(v, a))                                                   \
  SLOPE(Sin, Cos(v))                                                             \
  SLOPE(Sinh, Cosh(v))                                                           \
  SLOPE(Softplus, Sigmoid(v))                                                    \
  SLOPE(Softsign, SoftsignSlope(v))                                              \
  SLOPE(Sqrt, Div(Set(0.5f), v))                                                 \
  SLOPE(Square, Add(v, v))                                                       \
  SLOPE(Tan, Fma(v, v, One()))                                                   \
  SLOPE(Tanh, Sub(One(), Mul(v, v)))                                             \
  SLOPE(ThresholdedRelu, Select(Lt(a, v), One(), Zero()))

#define KPT_SLOPE_STRUCT(Name, value)        \
  struct Slope##Name {                       \
    KPT_VEC F32 Apply(F32 v, F32 a, F32 b) { \
      (void)v;                               \
      (void)a;                               \
      (void)b;                               \
      return value;                          \
    }                                        \
  };
KPT_SLOPE_LIST(KPT_SLOPE_STRUCT)
#undef KPT_SLOPE_STRUCT

template <typename Slope>
static void MapSlope(UnaryOp op, const float* dy, const float* v, float* dx, int64_t count) {
  const F32 a = Set(op.alpha), b = Set(op.beta);
  for (int64_t i = 0; i < count; i += kLanes) {
    const int64_t left = count - i;
    StoreSome(dx + i, Mul(LoadSome(dy + i, left), Slope::Apply(LoadSome(v + i, left), a, b)), left);
  }
}

static void UnaryGradient(UnaryOp op, const float* dy, const float* v, float* dx, int64_t count) {
  switch (op.kind) {
#define KPT_SLOPE_CASE(Name, value) \
  case UnaryKind::k##Name:          \
    return MapSlope<Slope##Name>(op, dy, v, dx, count);
    KPT_SLOPE_LIST(KPT_SLOPE_CASE)
#undef KPT_SLOPE_CASE
  }
}
#undef KPT_SLOPE_LIST

KPT_VEC F32 SoftmaxSlope(bool log, F32 dy, F32 y, F32 sum) {
  return log ? Sub(dy, Mul(Exp(y), sum)) : Mul(y, Sub(dy, sum));
}

static void SoftmaxRow(bool log, const float* dy, const float* y, float* dx, int64_t count) {
  float sum = 0.0f;
  if (log) {
    sum = ReduceRow<RowSum>(dy, count, 0.0f);
  } else {
    for (int64_t i = 0; i < count; i += kLanes)
      StoreSome(dx + i, Mul(LoadSome(dy + i, count - i), LoadSome(y + i, count - i)), count - i);
    sum = ReduceRow<RowSum>(dx, count, 0.0f);
  }
  for (int64_t i = 0; i < count; i += kLanes) {
    const int64_t left = count - i;
    StoreSome(dx + i, SoftmaxSlope(log, LoadSome(dy + i, left), LoadSome(y + i, left), Set(sum)), left);
  }
}

static void SoftmaxColumns(bool log, const float* dy, const float* y, float* dx, int64_t rows, int64_t stride,
                           int64_t width) {
  for (int64_t c = 0; c < width; c += kLanes) {
    const int64_t left = width - c;
    F32 sum = Zero();
    for (int64_t r = 0; r < rows; ++r) {
      const F32 d = LoadSome(dy + c + r * stride, left);
      sum = Add(sum, log ? d : Mul(d, LoadSome(y + c + r * stride, left)));
    }
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t at = c + r * stride;
      StoreSome(dx + at, SoftmaxSlope(log, LoadSome(dy + at, left), LoadSome(y + at, left), sum), left);
    }
  }
}

static void MaxPoolPixel(const float* dy, const float* x, const float* y, const int64_t* taps,
                         int64_t tap_count, float* dx, int64_t channels) {
  for (int64_t c = 0; c < channels; c += kLanes) {
    const int64_t left = channels - c;
    const F32 largest = LoadSome(y + c, left);
    F32 rest = LoadSome(dy + c, left);
    for (int64_t t = 0; t < tap_count; ++t) {
      const int64_t at = taps[t] + c;
      const Mask wins = Le(largest, LoadSome(x + at, left));
      StoreSome(dx + at, Add(LoadSome(dx + at, left), Select(wins, rest, Zero())), left);
      rest = Select(wins, Zero(), rest);
    }
  }
}

static void AveragePoolPixel(const float* dy, float divisor, const int64_t* taps, int64_t tap_count,
                             float* dx, int64_t channels) {
  for (int64_t c = 0; c < channels; c += kLanes) {
    const int64_t left = channels - c;
    const F32 share = Div(LoadSome(dy + c, left), Set(divisor));
    for (int64_t t = 0; t < tap_count; ++t) {
      const int64_t at = taps[t] + c;
      StoreSome(dx + at, Add(LoadSome(dx + at, left), share), left);
    }
  }
}

static void MultiplyRows(const float* dy, const float* x, int64_t x_stride, int64_t rows, int64_t channels,
                         float* sums) {
  for (int64_t c = 0; c < channels; c += kLanes) {
    const int64_t left = channels - c;
    F32 sum = LoadSome(sums + c, left);
    for (int64_t r = 0; r < rows; ++r)
      sum = Fma(LoadSome(dy + r * channels + c, left), LoadSome(x + r * x_stride + c, left), sum);
    StoreSome(sums + c, sum, left);
  }
}

static void AddRow(const float* x, float* y, int64_t count) {
  for (int64_t i = 0; i < count; i += kLanes)
    StoreSome(y + i, Add(LoadSome(y + i, count - i), LoadSome(x + i, count - i)), count - i);
}

}  // namespace gradient_inl
}  // namespace
}  // namespace kompakt
