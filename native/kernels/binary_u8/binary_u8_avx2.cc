// binary_u8_avx2: AVX2. Sums of two vectors, which residual connections are made of, go 32 bytes a step.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_X86_64
#include "native/cpu/region.h"
#include "native/kernels/binary_u8/binary_u8.h"
#include "native/kernels/requantize/s8_avx2.h"
#include "native/simd/vec_avx2.h"

KPT_TIER_BEGIN_AVX2
#include "native/kernels/binary_u8/binary_u8-inl.h"

namespace kompakt {
namespace {

struct AddVectors {
  __m256 a_factor, b_factor;
  __m256i a_zero, b_zero;
};

KPT_ALWAYS_INLINE __m256i AddEight(const uint8_t* a, const uint8_t* b, const AddVectors& c) {
  const __m256i x = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(a)));
  const __m256i z = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(b)));
  const __m256 left = _mm256_mul_ps(c.a_factor, _mm256_cvtepi32_ps(_mm256_sub_epi32(x, c.a_zero)));
  const __m256 right = _mm256_mul_ps(c.b_factor, _mm256_cvtepi32_ps(_mm256_sub_epi32(z, c.b_zero)));
  return _mm256_cvtps_epi32(_mm256_add_ps(left, right));
}

static void AddRows(const BinaryU8Params& p, const uint8_t* a, int a_step, const uint8_t* b, int b_step,
                    uint8_t* y, int64_t count) {
  int64_t i = 0;
  if (a_step == 1 && b_step == 1 && SumsFitInt32(p)) {
    const S8Avx2::Bytes bytes({p.y_zero, p.lo, p.hi});
    const AddVectors c = {_mm256_set1_ps(p.a_factor), _mm256_set1_ps(p.b_factor), _mm256_set1_epi32(p.a_zero),
                          _mm256_set1_epi32(p.b_zero)};
    for (; i + 32 <= count; i += 32)
      S8Avx2::Store(y + i,
                    bytes.Pack(AddEight(a + i, b + i, c), AddEight(a + i + 8, b + i + 8, c),
                               AddEight(a + i + 16, b + i + 16, c), AddEight(a + i + 24, b + i + 24, c)));
  }
  binary_u8_inl::Run<binary_u8_inl::OpAdd>(p, a + i, a_step, b + i, b_step, y + i, count - i);
}

}  // namespace

extern const BinaryU8Kernel binary_u8_avx2;
const BinaryU8Kernel binary_u8_avx2 = {AddRows, binary_u8_inl::Run<binary_u8_inl::OpMul>};

}  // namespace kompakt

KPT_TIER_END
#endif
