// simd/vec: eight lanes of AVX2 and FMA. The same functions in every vec_*.h, so that kernels are written
// once (*-inl.h) and give the same bits everywhere. Each translation unit includes exactly one of them.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <immintrin.h>

#include <cstdint>

#include "native/cpu/region.h"
#include "native/simd/vec.h"

KPT_TIER_BEGIN_AVX2
namespace kompakt::simd {
namespace {

constexpr int kLanes = 8;
constexpr int kByteLanes = 32;
using F32 = __m256;
using I32 = __m256i;
using Mask = __m256;
using Bytes = __m256i;

KPT_VEC F32 Set(float x) { return _mm256_set1_ps(x); }
KPT_VEC F32 Load(const float* p) { return _mm256_loadu_ps(p); }
KPT_VEC void Store(float* p, F32 v) { _mm256_storeu_ps(p, v); }
KPT_VEC __m256i FirstLanes(int n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
/// The first n lanes, 0 < n <= kLanes; LoadFirst fills the others with zeros, LoadFirstOr with those of
/// `other`.
KPT_VEC F32 LoadFirst(const float* p, int n) { return _mm256_maskload_ps(p, FirstLanes(n)); }
KPT_VEC F32 LoadFirstOr(const float* p, int n, F32 other) {
  const __m256i mask = FirstLanes(n);
  return _mm256_blendv_ps(other, _mm256_maskload_ps(p, mask), _mm256_castsi256_ps(mask));
}
KPT_VEC void StoreFirst(float* p, F32 v, int n) { _mm256_maskstore_ps(p, FirstLanes(n), v); }
KPT_VEC F32 Add(F32 a, F32 b) { return _mm256_add_ps(a, b); }
KPT_VEC F32 Sub(F32 a, F32 b) { return _mm256_sub_ps(a, b); }
KPT_VEC F32 Mul(F32 a, F32 b) { return _mm256_mul_ps(a, b); }
KPT_VEC F32 Div(F32 a, F32 b) { return _mm256_div_ps(a, b); }
/// a * b + c, rounded once.
KPT_VEC F32 Fma(F32 a, F32 b, F32 c) { return _mm256_fmadd_ps(a, b, c); }
KPT_VEC F32 Sqrt(F32 a) { return _mm256_sqrt_ps(a); }
/// a < b ? a : b, and a > b ? a : b: the second operand when one is NaN or both are zeros.
KPT_VEC F32 Min(F32 a, F32 b) { return _mm256_min_ps(a, b); }
KPT_VEC F32 Max(F32 a, F32 b) { return _mm256_max_ps(a, b); }
KPT_VEC F32 Abs(F32 a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
KPT_VEC F32 Neg(F32 a) { return _mm256_xor_ps(a, _mm256_set1_ps(-0.0f)); }
/// To integral values: half to even, down, up.
KPT_VEC F32 Round(F32 a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
KPT_VEC F32 Floor(F32 a) { return _mm256_floor_ps(a); }
KPT_VEC F32 Ceil(F32 a) { return _mm256_ceil_ps(a); }
/// Comparisons are false when an operand is NaN.
KPT_VEC Mask Lt(F32 a, F32 b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
KPT_VEC Mask Le(F32 a, F32 b) { return _mm256_cmp_ps(a, b, _CMP_LE_OQ); }
KPT_VEC Mask IsNan(F32 a) { return _mm256_cmp_ps(a, a, _CMP_UNORD_Q); }
KPT_VEC bool AnyOf(Mask m) { return _mm256_movemask_ps(m) != 0; }
/// m ? a : b.
KPT_VEC F32 Select(Mask m, F32 a, F32 b) { return _mm256_blendv_ps(b, a, m); }
/// Lane j is lane j + kBy of `a`, for lanes that there are; kBy < kLanes.
template <int kBy>
KPT_VEC F32 LanesDown(F32 a) {
  if (kBy == 4) return _mm256_permute2f128_ps(a, a, 1);
  return _mm256_permute_ps(a, kBy == 2 ? 0x4e : 0x39);
}
KPT_VEC I32 SetI(int32_t x) { return _mm256_set1_epi32(x); }
KPT_VEC I32 LoadI(const int32_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
KPT_VEC void StoreI(int32_t* p, I32 v) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v); }
KPT_VEC I32 AddI(I32 a, I32 b) { return _mm256_add_epi32(a, b); }
KPT_VEC I32 SubI(I32 a, I32 b) { return _mm256_sub_epi32(a, b); }
KPT_VEC I32 AndI(I32 a, I32 b) { return _mm256_and_si256(a, b); }
/// By the width of the mantissa; ShiftRight keeps the sign.
KPT_VEC I32 ShiftLeft23(I32 a) { return _mm256_slli_epi32(a, 23); }
KPT_VEC I32 ShiftRight23(I32 a) { return _mm256_srai_epi32(a, 23); }
KPT_VEC I32 ShiftRight1(I32 a) { return _mm256_srai_epi32(a, 1); }
KPT_VEC I32 BitsOf(F32 a) { return _mm256_castps_si256(a); }
/// The float with these bits; the nearest float to this integer is ToFloat.
KPT_VEC F32 FloatOf(I32 a) { return _mm256_castsi256_ps(a); }
KPT_VEC F32 ToFloat(I32 a) { return _mm256_cvtepi32_ps(a); }
/// Of an integral value within the range of int32; any value for others.
KPT_VEC I32 ToInt(F32 a) { return _mm256_cvttps_epi32(a); }
/// kLanes bytes, widened; StoreU8 takes values in [0, 255].
KPT_VEC I32 LoadU8(const uint8_t* p) {
  return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
}
KPT_VEC void StoreU8(uint8_t* p, I32 v) {
  const __m128i words = _mm_packus_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packus_epi16(words, words));
}
/// kByteLanes bytes.
KPT_VEC Bytes LoadBytes(const uint8_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
KPT_VEC void StoreBytes(uint8_t* p, Bytes v) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v); }
KPT_VEC Bytes MaxBytes(Bytes a, Bytes b) { return _mm256_max_epu8(a, b); }
KPT_VEC Bytes OrBytes(Bytes a, Bytes b) { return _mm256_or_si256(a, b); }

}  // namespace
}  // namespace kompakt::simd
KPT_TIER_END
