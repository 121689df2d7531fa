// transpose_avx2: interleaving vectors of 16 bytes, VEX encoded.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_X86_64
#include <immintrin.h>

#include "native/cpu/region.h"
#include "native/kernels/transpose/transpose.h"
#include "native/simd/vec.h"

KPT_TIER_BEGIN_AVX2
namespace kompakt {
namespace {
namespace transpose_inl {

using Vector = __m128i;

KPT_VEC Vector LoadVector(const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }
KPT_VEC void StoreVector(void* p, Vector v) { _mm_storeu_si128(static_cast<__m128i*>(p), v); }
/// Byte i is byte order[i] of v.
KPT_VEC Vector PickBytes(Vector v, Vector order) { return _mm_shuffle_epi8(v, order); }
KPT_VEC Vector ZipLow(Vector a, Vector b, uint8_t) { return _mm_unpacklo_epi8(a, b); }
KPT_VEC Vector ZipHigh(Vector a, Vector b, uint8_t) { return _mm_unpackhi_epi8(a, b); }
KPT_VEC Vector ZipLow(Vector a, Vector b, uint16_t) { return _mm_unpacklo_epi16(a, b); }
KPT_VEC Vector ZipHigh(Vector a, Vector b, uint16_t) { return _mm_unpackhi_epi16(a, b); }
KPT_VEC Vector ZipLow(Vector a, Vector b, uint32_t) { return _mm_unpacklo_epi32(a, b); }
KPT_VEC Vector ZipHigh(Vector a, Vector b, uint32_t) { return _mm_unpackhi_epi32(a, b); }
KPT_VEC Vector ZipLow(Vector a, Vector b, uint64_t) { return _mm_unpacklo_epi64(a, b); }
KPT_VEC Vector ZipHigh(Vector a, Vector b, uint64_t) { return _mm_unpackhi_epi64(a, b); }

}  // namespace transpose_inl
}  // namespace
}  // namespace kompakt

#include "native/kernels/transpose/transpose-inl.h"

namespace kompakt {

extern const TransposeKernel transpose_avx2;
const TransposeKernel transpose_avx2 = {transpose_inl::Run<uint8_t>, transpose_inl::Run<uint16_t>,
                                        transpose_inl::Run<uint32_t>, transpose_inl::Run<uint64_t>};

}  // namespace kompakt

KPT_TIER_END
#endif
