// simd/vec: four lanes of Advanced SIMD. The same functions in every vec_*.h, so that kernels are written
// once (*-inl.h) and give the same bits everywhere. Each translation unit includes exactly one of them.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <arm_neon.h>

#include <cstdint>

#include "native/simd/vec.h"

namespace kompakt::simd {
namespace {

constexpr int kLanes = 4;
constexpr int kByteLanes = 16;
using F32 = float32x4_t;
using I32 = int32x4_t;
using Mask = uint32x4_t;
using Bytes = uint8x16_t;

KPT_VEC F32 Set(float x) { return vdupq_n_f32(x); }
KPT_VEC F32 Load(const float* p) { return vld1q_f32(p); }
KPT_VEC void Store(float* p, F32 v) { vst1q_f32(p, v); }
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
KPT_VEC F32 Add(F32 a, F32 b) { return vaddq_f32(a, b); }
KPT_VEC F32 Sub(F32 a, F32 b) { return vsubq_f32(a, b); }
KPT_VEC F32 Mul(F32 a, F32 b) { return vmulq_f32(a, b); }
KPT_VEC F32 Div(F32 a, F32 b) { return vdivq_f32(a, b); }
/// a * b + c, rounded once.
KPT_VEC F32 Fma(F32 a, F32 b, F32 c) { return vfmaq_f32(c, a, b); }
KPT_VEC F32 Sqrt(F32 a) { return vsqrtq_f32(a); }
/// a < b ? a : b, and a > b ? a : b: the second operand when one is NaN or both are zeros.
KPT_VEC F32 Min(F32 a, F32 b) { return vbslq_f32(vcltq_f32(a, b), a, b); }
KPT_VEC F32 Max(F32 a, F32 b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }
KPT_VEC F32 Abs(F32 a) { return vabsq_f32(a); }
KPT_VEC F32 Neg(F32 a) { return vnegq_f32(a); }
/// To integral values: half to even, down, up.
KPT_VEC F32 Round(F32 a) { return vrndnq_f32(a); }
KPT_VEC F32 Floor(F32 a) { return vrndmq_f32(a); }
KPT_VEC F32 Ceil(F32 a) { return vrndpq_f32(a); }
/// Comparisons are false when an operand is NaN.
KPT_VEC Mask Lt(F32 a, F32 b) { return vcltq_f32(a, b); }
KPT_VEC Mask Le(F32 a, F32 b) { return vcleq_f32(a, b); }
KPT_VEC Mask IsNan(F32 a) { return vmvnq_u32(vceqq_f32(a, a)); }
KPT_VEC bool AnyOf(Mask m) { return vmaxvq_u32(m) != 0; }
/// m ? a : b.
KPT_VEC F32 Select(Mask m, F32 a, F32 b) { return vbslq_f32(m, a, b); }
/// Lane j is lane j + kBy of `a`, for lanes that there are; kBy < kLanes.
template <int kBy>
KPT_VEC F32 LanesDown(F32 a) {
  return vextq_f32(a, a, kBy);
}
KPT_VEC I32 SetI(int32_t x) { return vdupq_n_s32(x); }
KPT_VEC I32 LoadI(const int32_t* p) { return vld1q_s32(p); }
KPT_VEC void StoreI(int32_t* p, I32 v) { vst1q_s32(p, v); }
KPT_VEC I32 AddI(I32 a, I32 b) { return vaddq_s32(a, b); }
KPT_VEC I32 SubI(I32 a, I32 b) { return vsubq_s32(a, b); }
KPT_VEC I32 AndI(I32 a, I32 b) { return vandq_s32(a, b); }
/// By the width of the mantissa; ShiftRight keeps the sign.
KPT_VEC I32 ShiftLeft23(I32 a) { return vshlq_n_s32(a, 23); }
KPT_VEC I32 ShiftRight23(I32 a) { return vshrq_n_s32(a, 23); }
KPT_VEC I32 ShiftRight1(I32 a) { return vshrq_n_s32(a, 1); }
KPT_VEC I32 BitsOf(F32 a) { return vreinterpretq_s32_f32(a); }
/// The float with these bits; the nearest float to this integer is ToFloat.
KPT_VEC F32 FloatOf(I32 a) { return vreinterpretq_f32_s32(a); }
KPT_VEC F32 ToFloat(I32 a) { return vcvtq_f32_s32(a); }
/// Of an integral value within the range of int32; any value for others.
KPT_VEC I32 ToInt(F32 a) { return vcvtq_s32_f32(a); }
/// kLanes bytes, widened; StoreU8 takes values in [0, 255].
KPT_VEC I32 LoadU8(const uint8_t* p) {
  uint32_t bytes;
  __builtin_memcpy(&bytes, p, sizeof bytes);
  const uint16x8_t words = vmovl_u8(vcreate_u8(bytes));
  return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(words)));
}
KPT_VEC void StoreU8(uint8_t* p, I32 v) {
  const uint16x4_t words = vmovn_u32(vreinterpretq_u32_s32(v));
  const uint32x2_t bytes = vreinterpret_u32_u8(vmovn_u16(vcombine_u16(words, words)));
  const uint32_t all = vget_lane_u32(bytes, 0);
  __builtin_memcpy(p, &all, sizeof all);
}
/// kByteLanes bytes.
KPT_VEC Bytes LoadBytes(const uint8_t* p) { return vld1q_u8(p); }
KPT_VEC void StoreBytes(uint8_t* p, Bytes v) { vst1q_u8(p, v); }
KPT_VEC Bytes MaxBytes(Bytes a, Bytes b) { return vmaxq_u8(a, b); }
KPT_VEC Bytes OrBytes(Bytes a, Bytes b) { return vorrq_u8(a, b); }

}  // namespace
}  // namespace kompakt::simd
