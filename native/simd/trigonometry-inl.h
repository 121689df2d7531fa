// Trigonometric and hyperbolic functions of float32 vectors, by the rules of math-inl.h. What is odd gives
// back small arguments as they are: -0 stays -0 and denormals stay exact. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "native/simd/math-inl.h"
#include "native/simd/reduce_large.h"

namespace kompakt::simd {
namespace {

constexpr float kHalfPi = 1.57079637f;  // rounded; what it is too large by:
constexpr float kHalfPiError = 4.37113883e-8f;
constexpr float kLog2 = 0.693147182f;

// x where x^3 is below half an ulp of it, else y.
KPT_VEC F32 OrSmall(F32 x, F32 y) { return Select(Lt(Abs(x), Set(0.000244140625f)), x, y); }

// |y| with the sign of x.
KPT_VEC F32 WithSignOf(F32 x, F32 y) { return Select(Lt(x, Set(0.0f)), Neg(y), y); }

// x = (n + 4k) * pi / 2 + r, |r| <= pi / 4 and a little. pi / 2 comes in three parts: n times the first is a
// multiple of 2^-23 as x is, so that the first difference is exact, and the others are good to n = 2^17.
KPT_VEC F32 ReduceByHalfPi(F32 x, I32* n) {
  const F32 turns = Round(Mul(x, Set(0.636619747f)));
  F32 r = Fma(turns, Set(-kHalfPi), x);
  r = Fma(turns, Set(kHalfPiError), r);
  r = Fma(turns, Set(1.71512489e-15f), r);
  *n = ToInt(turns);
  const Mask large = Lt(Set(kReduceLargeFrom), Abs(x));
  if (!AnyOf(large)) return r;
  float lanes[kLanes], rest[kLanes];
  int32_t quarters[kLanes];
  Store(lanes, x);
  Store(rest, r);
  StoreI(quarters, *n);
  for (int i = 0; i < kLanes; ++i)
    if (__builtin_fabsf(lanes[i]) > kReduceLargeFrom) rest[i] = ReduceLarge(lanes[i], &quarters[i]);
  *n = LoadI(quarters);
  return Load(rest);
}

KPT_VEC Mask HasBit(I32 n, int32_t bit) { return Lt(Set(0.5f), ToFloat(AndI(n, SetI(bit)))); }

// r + r^3 * P(r^2) and 1 - r^2 / 2 + r^4 * Q(r^2) for |r| <= pi / 4 and a little.
KPT_VEC F32 SinReduced(F32 r) {
  const F32 u = Mul(r, r);
  F32 p = Set(-0.00019506941f);
  p = Fma(p, u, Set(0.0083321f));
  p = Fma(p, u, Set(-0.16666654f));
  return Fma(Mul(r, u), p, r);
}
KPT_VEC F32 CosReduced(F32 r) {
  const F32 u = Mul(r, r);
  F32 q = Set(2.4423625e-05f);
  q = Fma(q, u, Set(-0.0013887234f));
  q = Fma(q, u, Set(0.041666646f));
  return Fma(Mul(u, u), q, Fma(Set(-0.5f), u, Set(1.0f)));
}

// The sine of r + n quarter turns.
KPT_VEC F32 SinOfQuarters(F32 r, I32 n) {
  const F32 y = Select(HasBit(n, 1), CosReduced(r), SinReduced(r));
  return Select(HasBit(n, 2), Neg(y), y);
}

KPT_VEC F32 Sin(F32 x) {
  I32 n;
  const F32 r = ReduceByHalfPi(x, &n);
  return OrSmall(x, SinOfQuarters(r, n));
}

KPT_VEC F32 Cos(F32 x) {
  I32 n;
  const F32 r = ReduceByHalfPi(x, &n);
  return SinOfQuarters(r, AddI(n, SetI(1)));
}

KPT_VEC F32 Tan(F32 x) {
  I32 n;
  const F32 r = ReduceByHalfPi(x, &n);
  const F32 s = SinReduced(r), c = CosReduced(r);
  const Mask odd = HasBit(n, 1);
  return OrSmall(x, Div(Select(odd, Neg(c), s), Select(odd, s, c)));
}

// x + x^3 * P(x^2) for |x| <= 1/2.
KPT_VEC F32 AsinReduced(F32 x, F32 u) {
  F32 p = Set(0.042166308f);
  p = Fma(p, u, Set(0.024179514f));
  p = Fma(p, u, Set(0.045470376f));
  p = Fma(p, u, Set(0.074952975f));
  p = Fma(p, u, Set(0.16666752f));
  return Fma(Mul(x, u), p, x);
}

// Above 1/2 by asin(a) = pi / 2 - 2 * asin(sqrt((1 - a) / 2)).
KPT_VEC F32 HalfAcos(F32 a) {
  const F32 u = Mul(Set(0.5f), Sub(Set(1.0f), a));
  return AsinReduced(Sqrt(u), u);
}

KPT_VEC F32 Asin(F32 x) {
  const F32 a = Abs(x);
  const F32 half = Sub(Set(0.5f * kHalfPi), HalfAcos(a));
  const F32 large = Sub(Add(half, half), Set(kHalfPiError));
  const F32 y = Select(Lt(a, Set(0.5f)), AsinReduced(x, Mul(x, x)), WithSignOf(x, large));
  return OrSmall(x, y);
}

KPT_VEC F32 Acos(F32 x) {
  const F32 a = Abs(x);
  const F32 half = HalfAcos(a);
  const F32 twice = Add(half, half);
  const F32 negative = Sub(Set(2 * kHalfPi), Add(twice, Set(2 * kHalfPiError)));
  const F32 large = Select(Lt(x, Set(0.0f)), negative, twice);
  const F32 small = Sub(Set(kHalfPi), Add(AsinReduced(x, Mul(x, x)), Set(kHalfPiError)));
  return Select(Lt(a, Set(0.5f)), small, large);
}

// t + t^3 * P(t^2) for |t| <= tan(pi / 8): beyond, the tangent is taken of the angle less pi / 4 or pi / 2.
KPT_VEC F32 Atan(F32 x) {
  const F32 a = Abs(x), one = Set(1.0f);
  const Mask middle = Lt(Set(0.414213568f), a), high = Lt(Set(2.41421366f), a);
  const F32 above = Select(high, Set(-1.0f), Select(middle, Sub(a, one), a));
  const F32 below = Select(high, a, Select(middle, Add(a, one), one));
  const F32 t = Div(above, below);
  const F32 u = Mul(t, t);
  F32 p = Set(-0.06077857f);
  p = Fma(p, u, Set(0.105936766f));
  p = Fma(p, u, Set(-0.14243516f));
  p = Fma(p, u, Set(0.1999847f));
  p = Fma(p, u, Set(-0.33333316f));
  const F32 angle = Select(high, Set(kHalfPi), Select(middle, Set(0.5f * kHalfPi), Set(0.0f)));
  const F32 error = Select(high, Set(kHalfPiError), Select(middle, Set(0.5f * kHalfPiError), Set(0.0f)));
  const F32 y = Add(angle, Sub(Fma(Mul(t, u), p, t), error));
  return OrSmall(x, Select(IsNan(x), x, WithSignOf(x, y)));
}

// e^a / 2 for a >= 0: as large as it is, it does not overflow before the result does.
KPT_VEC F32 HalfExp(F32 a) {
  F32 n;
  const F32 r = ReduceByLog2(Min(Set(90.0f), a), &n);
  return Scale(Add(Set(1.0f), ExpReduced(r)), Sub(n, Set(1.0f)));
}

// Below 1 x + x^3 * P(x^2).
KPT_VEC F32 Sinh(F32 x) {
  const F32 a = Abs(x), u = Mul(x, x);
  F32 p = Set(2.816951e-06f);
  p = Fma(p, u, Set(0.0001983616f));
  p = Fma(p, u, Set(0.00833335f));
  p = Fma(p, u, Set(0.16666667f));
  const F32 small = Fma(Mul(x, u), p, x);
  const F32 half = HalfExp(a);
  const F32 large = WithSignOf(x, Sub(half, Div(Set(0.25f), half)));
  return OrSmall(x, Select(Lt(a, Set(1.0f)), small, Select(IsNan(x), x, large)));
}

KPT_VEC F32 Cosh(F32 x) {
  const F32 half = HalfExp(Abs(x));
  return Select(IsNan(x), x, Add(half, Div(Set(0.25f), half)));
}

// log(2a) where a^2 + 1 is a^2.
KPT_VEC F32 OrLogOfTwice(F32 a, F32 y) { return Select(Lt(Set(1e9f), a), Add(Log(a), Set(kLog2)), y); }

// Below 1/2 x + x^3 * P(x^2), above log(a + sqrt(a^2 + 1)).
KPT_VEC F32 Asinh(F32 x) {
  const F32 a = Abs(x), u = Mul(x, x);
  F32 p = Set(-0.013237519f);
  p = Fma(p, u, Set(0.02816912f));
  p = Fma(p, u, Set(-0.044384517f));
  p = Fma(p, u, Set(0.074986525f));
  p = Fma(p, u, Set(-0.16666643f));
  const F32 small = Fma(Mul(x, u), p, x);
  const F32 large = OrLogOfTwice(a, Log(Add(a, Sqrt(Add(u, Set(1.0f))))));
  return OrSmall(x, Select(Lt(a, Set(0.5f)), small, Select(IsNan(x), x, WithSignOf(x, large))));
}

// log(1 + t + sqrt(t^2 + 2t)), t = x - 1.
KPT_VEC F32 Acosh(F32 x) {
  const F32 t = Sub(x, Set(1.0f));
  const F32 y = OrLogOfTwice(x, Log1p(Add(t, Sqrt(Mul(t, Add(t, Set(2.0f)))))));
  return Select(Lt(x, Set(1.0f)), Set(__builtin_nanf("")), y);
}

// log(1 + 2a / (1 - a)) / 2; at 1 the quotient is infinite, beyond negative, and the logarithm NaN.
KPT_VEC F32 Atanh(F32 x) {
  const F32 a = Abs(x);
  const F32 quotient = Div(Add(a, a), Sub(Set(1.0f), a));
  const F32 y = Mul(Set(0.5f), Log1p(quotient));
  return OrSmall(x, WithSignOf(x, Select(Lt(Set(1.0f), a), Set(__builtin_nanf("")), y)));
}

}  // namespace
}  // namespace kompakt::simd
