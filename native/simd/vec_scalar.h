// simd/vec: one lane, portable C++. The same functions in every vec_*.h, so that kernels are written once
// (*-inl.h) and give the same bits everywhere. Each translation unit includes exactly one of them.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

#include "native/simd/vec.h"

namespace kompakt::simd {
namespace {

constexpr int kLanes = 1;
constexpr int kByteLanes = 1;
using F32 = float;
using I32 = int32_t;
using Mask = bool;
using Bytes = uint8_t;

KPT_VEC F32 Set(float x) { return x; }
KPT_VEC F32 Load(const float* p) { return *p; }
KPT_VEC void Store(float* p, F32 v) { *p = v; }
/// The first n lanes, 0 < n <= kLanes; LoadFirst fills the others with zeros, LoadFirstOr with those of
/// `other`.
KPT_VEC F32 LoadFirst(const float* p, int n) {
  if (n == kLanes) return Load(p);
  float lanes[kLanes] = {};
  for (int i = 0; i < n; ++i) lanes[i] = p[i];
  return Load(lanes);
}
KPT_VEC F32 LoadFirstOr(const float* p, int n, F32 other) {
  float lanes[kLanes];
  Store(lanes, other);
  for (int i = 0; i < n; ++i) lanes[i] = p[i];
  return Load(lanes);
}
KPT_VEC void StoreFirst(float* p, F32 v, int n) {
  if (n == kLanes) return Store(p, v);
  float lanes[kLanes];
  Store(lanes, v);
  for (int i = 0; i < n; ++i) p[i] = lanes[i];
}
KPT_VEC F32 Add(F32 a, F32 b) { return a + b; }
KPT_VEC F32 Sub(F32 a, F32 b) { return a - b; }
KPT_VEC F32 Mul(F32 a, F32 b) { return a * b; }
KPT_VEC F32 Div(F32 a, F32 b) { return a / b; }
/// a * b + c, rounded once.
KPT_VEC F32 Fma(F32 a, F32 b, F32 c) { return std::fma(a, b, c); }
KPT_VEC F32 Sqrt(F32 a) { return std::sqrt(a); }
/// a < b ? a : b, and a > b ? a : b: the second operand when one is NaN or both are zeros.
KPT_VEC F32 Min(F32 a, F32 b) { return a < b ? a : b; }
KPT_VEC F32 Max(F32 a, F32 b) { return a > b ? a : b; }
KPT_VEC F32 Abs(F32 a) { return std::fabs(a); }
KPT_VEC F32 Neg(F32 a) { return -a; }
/// To integral values: half to even, down, up.
KPT_VEC F32 Round(F32 a) { return std::nearbyint(a); }
KPT_VEC F32 Floor(F32 a) { return std::floor(a); }
KPT_VEC F32 Ceil(F32 a) { return std::ceil(a); }
/// Comparisons are false when an operand is NaN.
KPT_VEC Mask Lt(F32 a, F32 b) { return a < b; }
KPT_VEC Mask Le(F32 a, F32 b) { return a <= b; }
KPT_VEC Mask IsNan(F32 a) { return a != a; }
KPT_VEC bool AnyOf(Mask m) { return m; }
/// m ? a : b.
KPT_VEC F32 Select(Mask m, F32 a, F32 b) { return m ? a : b; }
/// Lane j is lane j + kBy of `a`, for lanes that there are; kBy < kLanes.
template <int kBy>
KPT_VEC F32 LanesDown(F32 a) {
  return a;
}
KPT_VEC I32 SetI(int32_t x) { return x; }
KPT_VEC I32 LoadI(const int32_t* p) { return *p; }
KPT_VEC void StoreI(int32_t* p, I32 v) { *p = v; }
KPT_VEC I32 AddI(I32 a, I32 b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}
KPT_VEC I32 SubI(I32 a, I32 b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) - static_cast<uint32_t>(b));
}
KPT_VEC I32 AndI(I32 a, I32 b) { return a & b; }
/// By the width of the mantissa; ShiftRight keeps the sign.
KPT_VEC I32 ShiftLeft23(I32 a) { return static_cast<int32_t>(static_cast<uint32_t>(a) << 23); }
KPT_VEC I32 ShiftRight23(I32 a) { return a >> 23; }
KPT_VEC I32 ShiftRight1(I32 a) { return a >> 1; }
KPT_VEC I32 BitsOf(F32 a) {
  int32_t bits;
  std::memcpy(&bits, &a, sizeof bits);
  return bits;
}
/// The float with these bits; the nearest float to this integer is ToFloat.
KPT_VEC F32 FloatOf(I32 a) {
  float value;
  std::memcpy(&value, &a, sizeof value);
  return value;
}
KPT_VEC F32 ToFloat(I32 a) { return static_cast<float>(a); }
/// Of an integral value within the range of int32; any value for others.
KPT_VEC I32 ToInt(F32 a) {
  return a >= -2147483648.0f && a < 2147483648.0f ? static_cast<int32_t>(a) : INT32_MIN;
}
/// kLanes bytes, widened; StoreU8 takes values in [0, 255].
KPT_VEC I32 LoadU8(const uint8_t* p) { return *p; }
KPT_VEC void StoreU8(uint8_t* p, I32 v) { *p = static_cast<uint8_t>(v); }
/// kByteLanes bytes.
KPT_VEC Bytes LoadBytes(const uint8_t* p) { return *p; }
KPT_VEC void StoreBytes(uint8_t* p, Bytes v) { *p = v; }
KPT_VEC Bytes MaxBytes(Bytes a, Bytes b) { return a > b ? a : b; }
KPT_VEC Bytes OrBytes(Bytes a, Bytes b) { return a | b; }

}  // namespace
}  // namespace kompakt::simd
