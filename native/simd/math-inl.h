// Functions of float32 vectors: own range reductions and polynomials in a fixed order, fused multiply-adds
// where Fma is written and nowhere else, so that every tier computes the same bits. Included once in a
// translation unit, after a vec_*.h and inside the tier region. Polynomials are least-maximum fits of the
// function named beside them. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "native/simd/vec.h"

namespace kompakt::simd {
namespace {

// NaN passes: Min and Max give their second operand then.
KPT_VEC F32 Clamp(F32 x, float low, float high) { return Max(Set(low), Min(Set(high), x)); }

// 2^n for integral n in [-126, 127].
KPT_VEC F32 PowerOfTwo(I32 n) { return FloatOf(ShiftLeft23(AddI(n, SetI(127)))); }

// e^r - 1 for |r| <= log(2) / 2; P(r) ~ (e^r - 1 - r) / r^2.
KPT_VEC F32 ExpReduced(F32 r) {
  F32 p = Set(0.0013951717f);
  p = Fma(p, r, Set(0.008369599f));
  p = Fma(p, r, Set(0.041666187f));
  p = Fma(p, r, Set(0.16666512f));
  p = Fma(p, r, Set(0.5f));
  return Fma(Mul(r, r), p, r);
}

// x = n * log(2) + r; log(2) in two parts, so that r is good to the last bit.
KPT_VEC F32 ReduceByLog2(F32 x, F32* n) {
  *n = Round(Mul(x, Set(1.44269504f)));
  const F32 r = Fma(*n, Set(-0.693145752f), x);
  return Fma(*n, Set(-1.42860677e-6f), r);
}

#if !defined(KPT_HAS_SCALE)
// a * 2^n for integral n in [-252, 252], in two halves: results beyond the range become infinity, and
// denormal ones are rounded once.
KPT_VEC F32 Scale(F32 a, F32 n) {
  const I32 exponent = ToInt(n);
  const I32 half = ShiftRight1(exponent);
  return Mul(Mul(a, PowerOfTwo(half)), PowerOfTwo(SubI(exponent, half)));
}
#endif

KPT_VEC F32 Exp(F32 x) {
  F32 n;
  const F32 r = ReduceByLog2(Clamp(x, -104.0f, 89.0f), &n);
  return Scale(Add(Set(1.0f), ExpReduced(r)), n);
}

// e^x - 1 for x <= 0: 2^n * (e^r - 1) + (2^n - 1), where 2^n - 1 is exact. Below -25 the result is -1.
KPT_VEC F32 Expm1Negative(F32 x) {
  F32 n;
  const F32 r = ReduceByLog2(Max(Set(-25.0f), x), &n);
  const F32 scale = PowerOfTwo(ToInt(n));
  return Fma(scale, ExpReduced(r), Sub(scale, Set(1.0f)));
}

// x = 2^e * (1 + f), sqrt(1/2) <= 1 + f < sqrt(2); log(1 + f) = f - f^2 / 2 + f^3 * P(f).
KPT_VEC F32 Log(F32 x) {
  const Mask small = Lt(x, Set(1.17549435e-38f));
  const F32 scaled = Select(small, Mul(x, Set(33554432.0f)), x);
  // 0x3f3504f3 is sqrt(1/2): the exponent field of the difference is e.
  const I32 offset = SubI(BitsOf(scaled), SetI(0x3f3504f3));
  const F32 m = FloatOf(AddI(AndI(offset, SetI(0x007fffff)), SetI(0x3f3504f3)));
  const F32 e = Sub(ToFloat(ShiftRight23(offset)), Select(small, Set(25.0f), Set(0.0f)));
  const F32 f = Sub(m, Set(1.0f));
  F32 p = Set(0.06915368f);
  p = Fma(p, f, Set(-0.11789808f));
  p = Fma(p, f, Set(0.11872976f));
  p = Fma(p, f, Set(-0.12384348f));
  p = Fma(p, f, Set(0.14218658f));
  p = Fma(p, f, Set(-0.16669251f));
  p = Fma(p, f, Set(0.20002227f));
  p = Fma(p, f, Set(-0.24999987f));
  p = Fma(p, f, Set(0.3333331f));
  const F32 square = Mul(f, f);
  F32 y = Mul(Mul(square, f), p);
  y = Fma(e, Set(1.42860677e-6f), y);
  y = Fma(Set(-0.5f), square, y);
  y = Fma(e, Set(0.693145752f), Add(f, y));
  y = Select(Lt(x, Set(__builtin_inff())), y, x);  // infinity and NaN stay
  y = Select(Le(x, Set(0.0f)), Set(-__builtin_inff()), y);
  return Select(Lt(x, Set(0.0f)), Set(__builtin_nanf("")), y);
}

// log(1 + e) for e in [0, 1]: what 1 + e loses to rounding is put back as a first-order term.
KPT_VEC F32 Log1pUnit(F32 e) {
  const F32 u = Add(Set(1.0f), e);
  return Add(Log(u), Div(Sub(e, Sub(u, Set(1.0f))), u));
}

// log(1 + e) for any e >= -1, by the same term; infinity stays.
KPT_VEC F32 Log1p(F32 e) { return Select(Lt(e, Set(__builtin_inff())), Log1pUnit(e), e); }

KPT_VEC F32 Sigmoid(F32 x) {
  const F32 e = Exp(Neg(Abs(x)));
  const F32 denominator = Add(Set(1.0f), e);
  return Div(Select(Lt(x, Set(0.0f)), e, Set(1.0f)), denominator);
}

// Below 5/8 x * (1 + x^2 * P(x^2)), above 1 - 2 / (e^2x + 1).
KPT_VEC F32 Tanh(F32 x) {
  const F32 a = Abs(x);
  const F32 u = Mul(x, x);
  F32 p = Set(0.0021371627f);
  p = Fma(p, u, Set(-0.008171705f));
  p = Fma(p, u, Set(0.021698691f));
  p = Fma(p, u, Set(-0.053946454f));
  p = Fma(p, u, Set(0.13333204f));
  p = Fma(p, u, Set(-0.3333333f));
  const F32 small = Mul(x, Fma(u, p, Set(1.0f)));
  const F32 t = Sub(Set(1.0f), Div(Set(2.0f), Add(Exp(Add(a, a)), Set(1.0f))));
  const F32 large = Select(Lt(x, Set(0.0f)), Neg(t), t);
  return Select(Lt(a, Set(0.625f)), small, large);
}

// Below 1 x + x * P(x^2), above 1 - e^Q(|x|) with Q ~ log(erfc); beyond 4 the result is 1.
KPT_VEC F32 Erf(F32 x) {
  const F32 a = Abs(x);
  const F32 u = Mul(x, x);
  F32 p = Set(7.889119e-05f);
  p = Fma(p, u, Set(-0.0008020841f));
  p = Fma(p, u, Set(0.005189535f));
  p = Fma(p, u, Set(-0.026854444f));
  p = Fma(p, u, Set(0.112836f));
  p = Fma(p, u, Set(-0.37612626f));
  p = Fma(p, u, Set(0.12837917f));
  const F32 small = Fma(x, p, x);
  const F32 t = Min(Set(4.0f), a);
  F32 q = Set(-2.1686814e-05f);
  q = Fma(q, t, Set(0.0004413359f));
  q = Fma(q, t, Set(-0.004204559f));
  q = Fma(q, t, Set(0.025208248f));
  q = Fma(q, t, Set(-0.10841856f));
  q = Fma(q, t, Set(-0.6332199f));
  q = Fma(q, t, Set(-1.1295785f));
  q = Fma(q, t, Set(0.00018803818f));
  const F32 erf = Sub(Set(1.0f), Exp(q));
  const F32 large = Select(Lt(x, Set(0.0f)), Neg(erf), erf);
  return Select(Lt(a, Set(1.0f)), small, large);
}

}  // namespace
}  // namespace kompakt::simd
