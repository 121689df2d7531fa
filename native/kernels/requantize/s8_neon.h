// 8-bit vocabulary of the NEON tiers: requantisation of int32x4 and stores of bytes.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <arm_neon.h>

#include <cstdint>

#include "native/base/check.h"
#include "native/kernels/requantize/requantize.h"

namespace kompakt {

/// Rounded lanes of four vectors to 16 bytes: + zero, clamped. Conversions saturate, so no value is too
/// large.
struct NeonBytes {
  int16x8_t zero;
  uint8x16_t lo, hi;
  explicit KPT_ALWAYS_INLINE NeonBytes(const OutputRange& r)
      : zero(vdupq_n_s16(static_cast<int16_t>(r.zero))),
        lo(vdupq_n_u8(static_cast<uint8_t>(r.lo))),
        hi(vdupq_n_u8(static_cast<uint8_t>(r.hi))) {}
  /// kPlain: zero and lo are 0, hi is 255, which saturation alone comes to.
  template <bool kPlain = false>
  KPT_ALWAYS_INLINE uint8x16_t Pack(int32x4_t a, int32x4_t b, int32x4_t c, int32x4_t d) const {
    int16x8_t ab = vcombine_s16(vqmovn_s32(a), vqmovn_s32(b)),
              cd = vcombine_s16(vqmovn_s32(c), vqmovn_s32(d));
    if (kPlain) return vcombine_u8(vqmovun_s16(ab), vqmovun_s16(cd));
    ab = vqaddq_s16(ab, zero), cd = vqaddq_s16(cd, zero);
    const uint8x16_t bytes = vcombine_u8(vqmovun_s16(ab), vqmovun_s16(cd));
    return vminq_u8(vmaxq_u8(bytes, lo), hi);
  }
};

static KPT_ALWAYS_INLINE float32x4_t NeonScale(int32x4_t acc, float32x4_t scale) {
  return vmulq_f32(vcvtq_f32_s32(acc), scale);
}
static KPT_ALWAYS_INLINE int32x4_t NeonRound(float32x4_t v) { return vcvtnq_s32_f32(v); }

/// Stores the first `count` bytes.
static KPT_ALWAYS_INLINE void NeonStoreBytes(uint8_t* y, uint8x16_t bytes, int count) {
  if (count >= 16) {
    vst1q_u8(y, bytes);
    return;
  }
  uint8_t tail[16];
  vst1q_u8(tail, bytes);
  for (int i = 0; i < count; ++i) y[i] = tail[i];
}

/// Stores the first `count` lanes.
static KPT_ALWAYS_INLINE void NeonStoreFloats(float* y, float32x4_t v, int count) {
  if (count >= 4) {
    vst1q_f32(y, v);
    return;
  }
  float tail[4];
  vst1q_f32(tail, v);
  for (int i = 0; i < count; ++i) y[i] = tail[i];
}

/// Four accumulators of 4 lanes, of one row, with scales that start at scale[0]; `count` valid columns.
static KPT_ALWAYS_INLINE void NeonStoreRow(const int32x4_t (&acc)[4], const float* scale,
                                           const NeonBytes& bytes, OutputKind output, void* y, int64_t at,
                                           int count) {
  float32x4_t f[4];
  for (int v = 0; v < 4; ++v)
    f[v] = output == OutputKind::kS32 ? vreinterpretq_f32_s32(acc[v])
                                      : NeonScale(acc[v], vld1q_f32(scale + 4 * v));
  if (output != OutputKind::kU8) {
    for (int v = 0; v < 4; ++v) NeonStoreFloats(static_cast<float*>(y) + at + 4 * v, f[v], count - 4 * v);
  } else {
    NeonStoreBytes(static_cast<uint8_t*>(y) + at,
                   bytes.Pack(NeonRound(f[0]), NeonRound(f[1]), NeonRound(f[2]), NeonRound(f[3])), count);
  }
}

}  // namespace kompakt
