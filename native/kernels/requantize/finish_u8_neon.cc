// finish_u8 on NEON: 16 residual additions a step.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"

#if KPT_ARM64
#include "native/kernels/requantize/finish_u8.h"
#include "native/kernels/requantize/s8_neon.h"

namespace kompakt {
namespace {

KPT_ALWAYS_INLINE int32x4_t AddFour(int16x4_t a, int16x4_t b, float y_factor, float factor) {
  const float32x4_t left = vmulq_n_f32(vcvtq_f32_s32(vmovl_s16(a)), y_factor);
  const float32x4_t right = vmulq_n_f32(vcvtq_f32_s32(vmovl_s16(b)), factor);
  return vcvtnq_s32_f32(vaddq_f32(left, right));
}

KPT_ALWAYS_INLINE int16x8_t Centre(uint8x8_t v, int16x8_t zero) {
  return vsubq_s16(vreinterpretq_s16_u16(vmovl_u8(v)), zero);
}

}  // namespace

void AddResidualU8Neon(uint8_t* y, const uint8_t* residual, int64_t count, const ResidualAdd& add) {
  const NeonBytes bytes(add.range);
  const int16x8_t y_zero = vdupq_n_s16(static_cast<int16_t>(add.y_zero));
  const int16x8_t zero = vdupq_n_s16(static_cast<int16_t>(add.zero));
  int64_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const uint8x16_t a = vld1q_u8(y + i), b = vld1q_u8(residual + i);
    int32x4_t sums[4];
    for (int h = 0; h < 2; ++h) {
      const int16x8_t left = Centre(h == 0 ? vget_low_u8(a) : vget_high_u8(a), y_zero);
      const int16x8_t right = Centre(h == 0 ? vget_low_u8(b) : vget_high_u8(b), zero);
      sums[2 * h] = AddFour(vget_low_s16(left), vget_low_s16(right), add.y_factor, add.factor);
      sums[2 * h + 1] = AddFour(vget_high_s16(left), vget_high_s16(right), add.y_factor, add.factor);
    }
    vst1q_u8(y + i, bytes.Pack(sums[0], sums[1], sums[2], sums[3]));
  }
  AddResidualU8Reference(y + i, residual + i, count - i, add);
}

}  // namespace kompakt
#endif
