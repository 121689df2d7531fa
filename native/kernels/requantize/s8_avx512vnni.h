// 8-bit vocabulary of the AVX-512 VNNI tier: 16 int32 lanes, dot products of u8 by s8, requantisation and
// stores. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <immintrin.h>

#include <cstdint>

#include "native/base/check.h"
#include "native/cpu/region.h"
#include "native/kernels/requantize/requantize.h"

#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 warns about the deliberately undefined operands inside its own avx512fintrin.h.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

KPT_TIER_BEGIN_AVX512VNNI
namespace kompakt {

struct S8Avx512Vnni {
  using I = __m512i;
  using F = __m512;
  using A = uint8_t;  // elements of A of gemm_s8
  static constexpr int kLanes = 16;
  static constexpr int kMaxVecs = 4;
  /// Rows of a tile for 1..kMaxVecs vectors: at most 24 accumulators.
  static constexpr int kMaxRows[kMaxVecs] = {12, 10, 8, 6};
  /// Depthwise, wide blocks: whether the weights of three taps stay in registers; columns of a tile else.
  static constexpr bool kHoldsWideTaps = true;
  static constexpr int kWideColumns = 4;

  static KPT_ALWAYS_INLINE I Load(const void* p) { return _mm512_loadu_si512(p); }
  static KPT_ALWAYS_INLINE void Store(void* p, I v) { _mm512_storeu_si512(p, v); }
  static KPT_ALWAYS_INLINE F LoadF(const float* p) { return _mm512_loadu_ps(p); }
  static KPT_ALWAYS_INLINE I Splat(int32_t v) { return _mm512_set1_epi32(v); }
  static KPT_ALWAYS_INLINE I Splat4(const uint8_t* p) {
    int32_t quad;
    __builtin_memcpy(&quad, p, 4);
    return _mm512_set1_epi32(quad);
  }
  static KPT_ALWAYS_INLINE I Add(I a, I b) { return _mm512_add_epi32(a, b); }
  static KPT_ALWAYS_INLINE I Dot(I acc, I a, I b) { return _mm512_dpbusd_epi32(acc, a, b); }
  static KPT_ALWAYS_INLINE F Scale(I acc, F scale) { return _mm512_mul_ps(_mm512_cvtepi32_ps(acc), scale); }
  /// The accumulator itself, for StoreFloats.
  static KPT_ALWAYS_INLINE F Bits(I acc) { return _mm512_castsi512_ps(acc); }
  /// 2^23 * scale.
  static KPT_ALWAYS_INLINE F TopOffset(F scale) { return _mm512_mul_ps(scale, _mm512_set1_ps(8388608.f)); }
  /// Of an accumulator with kFloatBits added, `offset` TopOffset(scale): Scale in one instruction
  /// (requantize.h).
  static KPT_ALWAYS_INLINE F ScaleBiased(I acc, F scale, F offset) {
    return _mm512_fmsub_ps(_mm512_castsi512_ps(acc), scale, offset);
  }
  static KPT_ALWAYS_INLINE I Round(F v) { return _mm512_cvtps_epi32(v); }
  /// g++ 12 spills accumulators inside the loop before an inlined epilogue unless they are pinned in between.
  static KPT_ALWAYS_INLINE void Pin(I& v) { asm volatile("" : "+v"(v)); }

  /// Rounded lanes of four vectors to bytes in order: + zero, clamped. kPlain: neither, FullFromZero() holds.
  struct Bytes {
    I zero, lo, hi, order;
    bool clamps;
    explicit KPT_ALWAYS_INLINE Bytes(const OutputRange& r)
        : zero(_mm512_set1_epi16(static_cast<int16_t>(r.zero))),
          lo(_mm512_set1_epi8(static_cast<char>(r.lo))),
          hi(_mm512_set1_epi8(static_cast<char>(r.hi))),
          order(_mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)),
          clamps(r.lo > 0 || r.hi < 255) {}
    template <bool kPlain = false>
    KPT_ALWAYS_INLINE I Pack(I a, I b, I c, I d) const {
      return _mm512_permutexvar_epi32(order, PackLanes<kPlain>(a, b, c, d));
    }
    /// Every 128-bit lane by itself: four bytes of a, of b, of c and of d.
    template <bool kPlain = false>
    KPT_ALWAYS_INLINE I PackLanes(I a, I b, I c, I d) const {
      const I ab = _mm512_packs_epi32(a, b), cd = _mm512_packs_epi32(c, d);
      if (kPlain) return _mm512_packus_epi16(ab, cd);
      const I bytes = _mm512_packus_epi16(_mm512_adds_epi16(ab, zero), _mm512_adds_epi16(cd, zero));
      return clamps ? _mm512_min_epu8(_mm512_max_epu8(bytes, lo), hi) : bytes;
    }
  };

  /// Stores `count` bytes, at most kVecs vectors' worth, of those that start at lane group `part`.
  template <int kVecs>
  static KPT_ALWAYS_INLINE void StoreBytes(uint8_t* y, I bytes, int part, int count) {
    if (kVecs == 1) {
      const __m128i quarter = part == 0   ? _mm512_castsi512_si128(bytes)
                              : part == 1 ? _mm512_extracti32x4_epi32(bytes, 1)
                              : part == 2 ? _mm512_extracti32x4_epi32(bytes, 2)
                                          : _mm512_extracti32x4_epi32(bytes, 3);
      if (__builtin_expect(count == 16, 1))
        _mm_storeu_si128(reinterpret_cast<__m128i*>(y), quarter);
      else
        _mm_mask_storeu_epi8(y, static_cast<__mmask16>((1u << count) - 1), quarter);
    } else if (kVecs == 2) {
      const __m256i half = part == 0 ? _mm512_castsi512_si256(bytes) : _mm512_extracti64x4_epi64(bytes, 1);
      if (__builtin_expect(count == 32, 1))
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(y), half);
      else
        _mm256_mask_storeu_epi8(y, static_cast<__mmask32>((uint64_t{1} << count) - 1), half);
    } else if (kVecs == 3 && __builtin_expect(count == 48, 1)) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(y), _mm512_castsi512_si256(bytes));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(y + 32), _mm512_extracti32x4_epi32(bytes, 2));
    } else if (kVecs == 4 && __builtin_expect(count == 64, 1)) {
      _mm512_storeu_si512(y, bytes);
    } else {
      _mm512_mask_storeu_epi8(y, (uint64_t{1} << count) - 1, bytes);
    }
  }

  /// 16 bytes of each of four rows to 16 quads: out[4 * i + r] = row r [i].
  static KPT_ALWAYS_INLINE void StoreQuads(const uint8_t* r0, const uint8_t* r1, const uint8_t* r2,
                                           const uint8_t* r3, uint8_t* out) {
    I rows = _mm512_castsi128_si512(_mm_loadu_si128(reinterpret_cast<const __m128i*>(r0)));
    rows = _mm512_inserti32x4(rows, _mm_loadu_si128(reinterpret_cast<const __m128i*>(r1)), 1);
    rows = _mm512_inserti32x4(rows, _mm_loadu_si128(reinterpret_cast<const __m128i*>(r2)), 2);
    rows = _mm512_inserti32x4(rows, _mm_loadu_si128(reinterpret_cast<const __m128i*>(r3)), 3);
    const I columns = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const I bytes =
        _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    Store(out, _mm512_shuffle_epi8(_mm512_permutexvar_epi32(columns, rows), bytes));
  }

  /// As StoreQuads for 64 bytes of each row; quads keep to their 128-bit lanes (DwConvS8Slot).
  static KPT_ALWAYS_INLINE void StoreWideQuads(const uint8_t* r0, const uint8_t* r1, const uint8_t* r2,
                                               const uint8_t* r3, uint8_t* out) {
    const I a = Load(r0), b = Load(r1), c = Load(r2), d = Load(r3);
    const I ab_low = _mm512_unpacklo_epi8(a, b), ab_high = _mm512_unpackhi_epi8(a, b);
    const I cd_low = _mm512_unpacklo_epi8(c, d), cd_high = _mm512_unpackhi_epi8(c, d);
    Store(out, _mm512_unpacklo_epi16(ab_low, cd_low));
    Store(out + 64, _mm512_unpackhi_epi16(ab_low, cd_low));
    Store(out + 128, _mm512_unpacklo_epi16(ab_high, cd_high));
    Store(out + 192, _mm512_unpackhi_epi16(ab_high, cd_high));
  }

  /// Stores the first `count` lanes.
  static KPT_ALWAYS_INLINE void StoreFloats(float* y, F v, int count) {
    if (count >= kLanes)
      _mm512_storeu_ps(y, v);
    else if (count > 0)
      _mm512_mask_storeu_ps(y, static_cast<__mmask16>((1u << count) - 1), v);
  }
};

}  // namespace kompakt
KPT_TIER_END
