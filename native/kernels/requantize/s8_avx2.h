// 8-bit vocabulary of the AVX2 tier: 8 int32 lanes, exact dot products of u8 by s8, requantisation and
// stores. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <immintrin.h>

#include <cstdint>
#include <cstring>

#include "native/base/check.h"
#include "native/cpu/region.h"
#include "native/kernels/requantize/requantize.h"

KPT_TIER_BEGIN_AVX2
namespace kompakt {

struct S8Avx2 {
  using I = __m256i;
  using F = __m256;
  using A = uint8_t;  // elements of A of gemm_s8
  static constexpr int kLanes = 8;
  static constexpr int kMaxVecs = 2;
  /// Rows of a tile for 1..kMaxVecs vectors: 8 accumulators leave room for what a Dot needs.
  static constexpr int kMaxRows[kMaxVecs] = {8, 4};
  /// Depthwise, wide blocks: whether the weights of three taps stay in registers; columns of a tile else.
  static constexpr bool kHoldsWideTaps = false;
  static constexpr int kWideColumns = 2;

  static KPT_ALWAYS_INLINE I Load(const void* p) { return _mm256_loadu_si256(static_cast<const I*>(p)); }
  static KPT_ALWAYS_INLINE void Store(void* p, I v) { _mm256_storeu_si256(static_cast<I*>(p), v); }
  static KPT_ALWAYS_INLINE F LoadF(const float* p) { return _mm256_loadu_ps(p); }
  static KPT_ALWAYS_INLINE I Splat(int32_t v) { return _mm256_set1_epi32(v); }
  static KPT_ALWAYS_INLINE I Splat4(const uint8_t* p) {
    int32_t quad;
    std::memcpy(&quad, p, 4);
    return _mm256_set1_epi32(quad);
  }
  static KPT_ALWAYS_INLINE I Add(I a, I b) { return _mm256_add_epi32(a, b); }
  /// Exact: bytes 0, 2 and 1, 3 of every lane are widened to 16 bits and multiplied in pairs. Shifts widen,
  /// since a mask would take the register that the eighth accumulator needs.
  static KPT_ALWAYS_INLINE I Dot(I acc, I a, I b) {
    const I even = _mm256_madd_epi16(_mm256_srli_epi16(_mm256_slli_epi16(a, 8), 8),
                                     _mm256_srai_epi16(_mm256_slli_epi16(b, 8), 8));
    const I odd = _mm256_madd_epi16(_mm256_srli_epi16(a, 8), _mm256_srai_epi16(b, 8));
    return _mm256_add_epi32(acc, _mm256_add_epi32(even, odd));
  }
  static KPT_ALWAYS_INLINE F Scale(I acc, F scale) { return _mm256_mul_ps(_mm256_cvtepi32_ps(acc), scale); }
  /// The accumulator itself, for StoreFloats.
  static KPT_ALWAYS_INLINE F Bits(I acc) { return _mm256_castsi256_ps(acc); }
  /// 2^23 * scale.
  static KPT_ALWAYS_INLINE F TopOffset(F scale) { return _mm256_mul_ps(scale, _mm256_set1_ps(8388608.f)); }
  /// Of an accumulator with kFloatBits added, `offset` TopOffset(scale): Scale in one instruction
  /// (requantize.h).
  static KPT_ALWAYS_INLINE F ScaleBiased(I acc, F scale, F offset) {
    return _mm256_fmsub_ps(_mm256_castsi256_ps(acc), scale, offset);
  }
  static KPT_ALWAYS_INLINE I Round(F v) { return _mm256_cvtps_epi32(v); }
  /// g++ 12 spills accumulators inside the loop before an inlined epilogue unless they are pinned in between.
  static KPT_ALWAYS_INLINE void Pin(I& v) { asm volatile("" : "+x"(v)); }

  /// Rounded lanes of four vectors to bytes in order: + zero, clamped. kPlain: neither, FullFromZero() holds.
  struct Bytes {
    I zero, lo, hi, order;
    bool clamps;
    explicit KPT_ALWAYS_INLINE Bytes(const OutputRange& r)
        : zero(_mm256_set1_epi16(static_cast<int16_t>(r.zero))),
          lo(_mm256_set1_epi8(static_cast<char>(r.lo))),
          hi(_mm256_set1_epi8(static_cast<char>(r.hi))),
          order(_mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7)),
          clamps(r.lo > 0 || r.hi < 255) {}
    template <bool kPlain = false>
    KPT_ALWAYS_INLINE I Pack(I a, I b, I c, I d) const {
      return _mm256_permutevar8x32_epi32(PackLanes<kPlain>(a, b, c, d), order);
    }
    /// Every 128-bit lane by itself: four bytes of a, of b, of c and of d.
    template <bool kPlain = false>
    KPT_ALWAYS_INLINE I PackLanes(I a, I b, I c, I d) const {
      const I ab = _mm256_packs_epi32(a, b), cd = _mm256_packs_epi32(c, d);
      if (kPlain) return _mm256_packus_epi16(ab, cd);
      const I bytes = _mm256_packus_epi16(_mm256_adds_epi16(ab, zero), _mm256_adds_epi16(cd, zero));
      return clamps ? _mm256_min_epu8(_mm256_max_epu8(bytes, lo), hi) : bytes;
    }
  };

  /// Stores the first `count` bytes of the kVecs vectors' worth that start at lane group `part`.
  template <int kVecs>
  static KPT_ALWAYS_INLINE void StoreBytes(uint8_t* y, I bytes, int part, int count) {
    if (kVecs == 4) {
      if (count == 32) return Store(y, bytes);
      StoreBytes<2>(y, bytes, 0, 16);
      return StoreBytes<2>(y + 16, bytes, 1, count - 16);
    }
    __m128i half = kVecs == 2
                       ? (part == 0 ? _mm256_castsi256_si128(bytes) : _mm256_extracti128_si256(bytes, 1))
                       : (part < 2 ? _mm256_castsi256_si128(bytes) : _mm256_extracti128_si256(bytes, 1));
    if (kVecs == 1 && part % 2 == 1) half = _mm_unpackhi_epi64(half, half);
    if (kVecs == 2 && count == 16) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(y), half);
    } else if (kVecs == 1 && count == 8) {
      _mm_storel_epi64(reinterpret_cast<__m128i*>(y), half);
    } else {
      uint8_t tail[16];
      _mm_storeu_si128(reinterpret_cast<__m128i*>(tail), half);
      for (int i = 0; i < count && i < 16; ++i) y[i] = tail[i];
    }
  }

  /// 16 bytes of each of four rows to 16 quads: out[4 * i + r] = row r [i].
  static KPT_ALWAYS_INLINE void StoreQuads(const uint8_t* r0, const uint8_t* r1, const uint8_t* r2,
                                           const uint8_t* r3, uint8_t* out) {
    const __m128i a = _mm_loadu_si128(reinterpret_cast<const __m128i*>(r0));
    const __m128i b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(r1));
    const __m128i c = _mm_loadu_si128(reinterpret_cast<const __m128i*>(r2));
    const __m128i d = _mm_loadu_si128(reinterpret_cast<const __m128i*>(r3));
    const __m128i ab_low = _mm_unpacklo_epi8(a, b), ab_high = _mm_unpackhi_epi8(a, b);
    const __m128i cd_low = _mm_unpacklo_epi8(c, d), cd_high = _mm_unpackhi_epi8(c, d);
    __m128i* quads = reinterpret_cast<__m128i*>(out);
    _mm_storeu_si128(quads, _mm_unpacklo_epi16(ab_low, cd_low));
    _mm_storeu_si128(quads + 1, _mm_unpackhi_epi16(ab_low, cd_low));
    _mm_storeu_si128(quads + 2, _mm_unpacklo_epi16(ab_high, cd_high));
    _mm_storeu_si128(quads + 3, _mm_unpackhi_epi16(ab_high, cd_high));
  }

  /// As StoreQuads for 32 bytes of each row; quads keep to their 128-bit lanes (DwConvS8Slot).
  static KPT_ALWAYS_INLINE void StoreWideQuads(const uint8_t* r0, const uint8_t* r1, const uint8_t* r2,
                                               const uint8_t* r3, uint8_t* out) {
    const I a = Load(r0), b = Load(r1), c = Load(r2), d = Load(r3);
    const I ab_low = _mm256_unpacklo_epi8(a, b), ab_high = _mm256_unpackhi_epi8(a, b);
    const I cd_low = _mm256_unpacklo_epi8(c, d), cd_high = _mm256_unpackhi_epi8(c, d);
    Store(out, _mm256_unpacklo_epi16(ab_low, cd_low));
    Store(out + 32, _mm256_unpackhi_epi16(ab_low, cd_low));
    Store(out + 64, _mm256_unpacklo_epi16(ab_high, cd_high));
    Store(out + 96, _mm256_unpackhi_epi16(ab_high, cd_high));
  }

  /// Stores the first `count` lanes.
  static KPT_ALWAYS_INLINE void StoreFloats(float* y, F v, int count) {
    if (count >= kLanes) {
      _mm256_storeu_ps(y, v);
      return;
    }
    float tail[kLanes];
    _mm256_storeu_ps(tail, v);
    for (int i = 0; i < count; ++i) y[i] = tail[i];
  }
};

/// As S8Avx2 where sums of two products are known to fit 16 bits (GemmS8Kernel::needs_pairs): half the work,
/// still exact.
struct S8Avx2Pairs : S8Avx2 {
  static KPT_ALWAYS_INLINE I Dot(I acc, I a, I b) {
    return _mm256_add_epi32(acc, _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), _mm256_set1_epi16(1)));
  }
};

}  // namespace kompakt
KPT_TIER_END
