// simd/vec: sixteen lanes of AVX-512. The same functions in every vec_*.h, so that kernels are written once
// (*-inl.h) and give the same bits everywhere. Each translation unit includes exactly one of them.
// SPDX-License-Identifier: Apache-2.0
#pragma once
// GCC 12 takes the undefined pass-through operand of its own intrinsics for an uninitialized variable.
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

#include <immintrin.h>

#include <cstdint>

#include "native/cpu/region.h"
#include "native/simd/vec.h"

KPT_TIER_BEGIN_AVX512VNNI
namespace kompakt::simd {
namespace {

constexpr int kLanes = 16;
constexpr int kByteLanes = 64;
using F32 = __m512;
using I32 = __m512i;
using Mask = __mmask16;
using Bytes = __m512i;

KPT_VEC F32 Set(float x) { return _mm512_set1_ps(x); }
KPT_VEC F32 Load(const float* p) { return _mm512_loadu_ps(p); }
KPT_VEC void Store(float* p, F32 v) { _mm512_storeu_ps(p, v); }
/// The first n lanes, 0 < n <= kLanes; LoadFirst fills the others with zeros, LoadFirstOr with those of
/// `other`.
KPT_VEC Mask FirstLanes(int n) { return static_cast<Mask>(0xffffu >> (kLanes - n)); }
KPT_VEC F32 LoadFirst(const float* p, int n) { return _mm512_maskz_loadu_ps(FirstLanes(n), p); }
KPT_VEC F32 LoadFirstOr(const float* p, int n, F32 other) {
  return _mm512_mask_loadu_ps(other, FirstLanes(n), p);
}
KPT_VEC void StoreFirst(float* p, F32 v, int n) { _mm512_mask_storeu_ps(p, FirstLanes(n), v); }
KPT_VEC F32 Add(F32 a, F32 b) { return _mm512_add_ps(a, b); }
KPT_VEC F32 Sub(F32 a, F32 b) { return _mm512_sub_ps(a, b); }
KPT_VEC F32 Mul(F32 a, F32 b) { return _mm512_mul_ps(a, b); }
KPT_VEC F32 Div(F32 a, F32 b) { return _mm512_div_ps(a, b); }
/// a * b + c, rounded once.
KPT_VEC F32 Fma(F32 a, F32 b, F32 c) { return _mm512_fmadd_ps(a, b, c); }
/// a * 2^n for integral n, rounded once.
#define KPT_HAS_SCALE 1
KPT_VEC F32 Scale(F32 a, F32 n) { return _mm512_scalef_ps(a, n); }
KPT_VEC F32 Sqrt(F32 a) { return _mm512_sqrt_ps(a); }
/// a < b ? a : b, and a > b ? a : b: the second operand when one is NaN or both are zeros.
KPT_VEC F32 Min(F32 a, F32 b) { return _mm512_min_ps(a, b); }
KPT_VEC F32 Max(F32 a, F32 b) { return _mm512_max_ps(a, b); }
KPT_VEC F32 Abs(F32 a) { return _mm512_andnot_ps(_mm512_set1_ps(-0.0f), a); }
KPT_VEC F32 Neg(F32 a) { return _mm512_xor_ps(a, _mm512_set1_ps(-0.0f)); }
/// To integral values: half to even, down, up.
KPT_VEC F32 Round(F32 a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
KPT_VEC F32 Floor(F32 a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC); }
KPT_VEC F32 Ceil(F32 a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC); }
/// Comparisons are false when an operand is NaN.
KPT_VEC Mask Lt(F32 a, F32 b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
KPT_VEC Mask Le(F32 a, F32 b) { return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ); }
KPT_VEC Mask IsNan(F32 a) { return _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q); }
KPT_VEC bool AnyOf(Mask m) { return m != 0; }
/// m ? a : b.
KPT_VEC F32 Select(Mask m, F32 a, F32 b) { return _mm512_mask_blend_ps(m, b, a); }
/// Lane j is lane j + kBy of `a`, for lanes that there are; kBy < kLanes.
template <int kBy>
KPT_VEC F32 LanesDown(F32 a) {
  const __m512i lanes = _mm512_castps_si512(a);
  return _mm512_castsi512_ps(_mm512_alignr_epi32(lanes, lanes, kBy));
}
KPT_VEC I32 SetI(int32_t x) { return _mm512_set1_epi32(x); }
KPT_VEC I32 LoadI(const int32_t* p) { return _mm512_loadu_si512(p); }
KPT_VEC void StoreI(int32_t* p, I32 v) { _mm512_storeu_si512(p, v); }
KPT_VEC I32 AddI(I32 a, I32 b) { return _mm512_add_epi32(a, b); }
KPT_VEC I32 SubI(I32 a, I32 b) { return _mm512_sub_epi32(a, b); }
KPT_VEC I32 AndI(I32 a, I32 b) { return _mm512_and_si512(a, b); }
/// By the width of the mantissa; ShiftRight keeps the sign.
KPT_VEC I32 ShiftLeft23(I32 a) { return _mm512_slli_epi32(a, 23); }
KPT_VEC I32 ShiftRight23(I32 a) { return _mm512_srai_epi32(a, 23); }
KPT_VEC I32 ShiftRight1(I32 a) { return _mm512_srai_epi32(a, 1); }
KPT_VEC I32 BitsOf(F32 a) { return _mm512_castps_si512(a); }
/// The float with these bits; the nearest float to this integer is ToFloat.
KPT_VEC F32 FloatOf(I32 a) { return _mm512_castsi512_ps(a); }
KPT_VEC F32 ToFloat(I32 a) { return _mm512_cvtepi32_ps(a); }
/// Of an integral value within the range of int32; any value for others.
KPT_VEC I32 ToInt(F32 a) { return _mm512_cvttps_epi32(a); }
/// kLanes bytes, widened; StoreU8 takes values in [0, 255].
KPT_VEC I32 LoadU8(const uint8_t* p) {
  return _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
KPT_VEC void StoreU8(uint8_t* p, I32 v) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(v));
}
/// kByteLanes bytes.
KPT_VEC Bytes LoadBytes(const uint8_t* p) { return _mm512_loadu_si512(p); }
KPT_VEC void StoreBytes(uint8_t* p, Bytes v) { _mm512_storeu_si512(p, v); }
KPT_VEC Bytes MaxBytes(Bytes a, Bytes b) { return _mm512_max_epu8(a, b); }
KPT_VEC Bytes OrBytes(Bytes a, Bytes b) { return _mm512_or_si512(a, b); }

}  // namespace
}  // namespace kompakt::simd
KPT_TIER_END
