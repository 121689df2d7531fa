// binary_u8_avx512: 64 bytes a step. Bytes become words that keep to their 128-bit lanes, and packing brings
// them back in order. SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "native/cpu/tier.h"
#if KPT_X86_64
#include "native/cpu/region.h"
#include "native/kernels/binary_u8/binary_u8.h"
#include "native/kernels/requantize/s8_avx512vnni.h"
#include "native/simd/vec_avx512.h"

KPT_TIER_BEGIN_AVX512VNNI
#include "native/kernels/binary_u8/binary_u8-inl.h"

namespace kompakt {
namespace {

/// 64 bytes minus zero, as words in the order of unpacked lanes.
struct Words {
  __m512i low, high;
  KPT_ALWAYS_INLINE Words(__m512i bytes, __m512i zero)
      : low(_mm512_sub_epi16(_mm512_unpacklo_epi8(bytes, _mm512_setzero_si512()), zero)),
        high(_mm512_sub_epi16(_mm512_unpackhi_epi8(bytes, _mm512_setzero_si512()), zero)) {}
};

/// A word in the upper half of 32 bits is its value times 65536, which the factor takes back exactly.
struct FastAdd {
  using Slow = binary_u8_inl::OpAdd;
  __m512 a_factor, b_factor;
  explicit KPT_ALWAYS_INLINE FastAdd(const BinaryU8Params& p)
      : a_factor(_mm512_set1_ps(p.a_factor / 65536)), b_factor(_mm512_set1_ps(p.b_factor / 65536)) {}

  /// Products of scaled words stay normal.
  static KPT_ALWAYS_INLINE bool Suits(const BinaryU8Params& p) {
    return SumsFitInt32(p) && std::fabs(p.a_factor) > 1e-20f && std::fabs(p.b_factor) > 1e-20f;
  }
  KPT_ALWAYS_INLINE __m512i Sum(__m512i a, __m512i b) const {
    return _mm512_cvtps_epi32(_mm512_add_ps(_mm512_mul_ps(a_factor, _mm512_cvtepi32_ps(a)),
                                            _mm512_mul_ps(b_factor, _mm512_cvtepi32_ps(b))));
  }
  KPT_ALWAYS_INLINE void Apply(__m512i a, __m512i b, __m512i* first, __m512i* second) const {
    const __m512i none = _mm512_setzero_si512();
    *first = Sum(_mm512_unpacklo_epi16(none, a), _mm512_unpacklo_epi16(none, b));
    *second = Sum(_mm512_unpackhi_epi16(none, a), _mm512_unpackhi_epi16(none, b));
  }
};

struct FastMul {
  using Slow = binary_u8_inl::OpMul;
  __m512 factor;
  explicit KPT_ALWAYS_INLINE FastMul(const BinaryU8Params& p) : factor(_mm512_set1_ps(p.a_factor)) {}

  /// Keeps products within int32.
  static KPT_ALWAYS_INLINE bool Suits(const BinaryU8Params& p) { return std::fabs(p.a_factor) < 1e4f; }
  KPT_ALWAYS_INLINE __m512i Scaled(__m512i product) const {
    return _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_cvtepi32_ps(product), factor));
  }
  KPT_ALWAYS_INLINE void Apply(__m512i a, __m512i b, __m512i* first, __m512i* second) const {
    const __m512i low = _mm512_mullo_epi16(a, b), high = _mm512_mulhi_epi16(a, b);
    *first = Scaled(_mm512_unpacklo_epi16(low, high));
    *second = Scaled(_mm512_unpackhi_epi16(low, high));
  }
};

KPT_ALWAYS_INLINE __m512i LoadStep(const uint8_t* p, int step, int64_t i, __mmask64 mask) {
  return step == 0 ? _mm512_set1_epi8(static_cast<char>(*p)) : _mm512_maskz_loadu_epi8(mask, p + i);
}

template <class Op>
static void RunFast(const BinaryU8Params& params, const uint8_t* a, int a_step, const uint8_t* b, int b_step,
                    uint8_t* y, int64_t count) {
  if (!Op::Suits(params))
    return binary_u8_inl::Run<typename Op::Slow>(params, a, a_step, b, b_step, y, count);
  const Op op(params);
  const S8Avx512Vnni::Bytes bytes({params.y_zero, params.lo, params.hi});
  const __m512i a_zero = _mm512_set1_epi16(static_cast<int16_t>(params.a_zero));
  const __m512i b_zero = _mm512_set1_epi16(static_cast<int16_t>(params.b_zero));
  for (int64_t i = 0; i < count; i += 64) {
    const __mmask64 mask = count - i >= 64 ? ~__mmask64{0} : (__mmask64{1} << (count - i)) - 1;
    const Words left(LoadStep(a, a_step, i, mask), a_zero), right(LoadStep(b, b_step, i, mask), b_zero);
    __m512i q[4];
    op.Apply(left.low, right.low, &q[0], &q[1]);
    op.Apply(left.high, right.high, &q[2], &q[3]);
    _mm512_mask_storeu_epi8(y + i, mask, bytes.PackLanes(q[0], q[1], q[2], q[3]));
  }
}

}  // namespace

extern const BinaryU8Kernel binary_u8_avx512;
const BinaryU8Kernel binary_u8_avx512 = {RunFast<FastAdd>, RunFast<FastMul>};

}  // namespace kompakt

KPT_TIER_END
#endif
