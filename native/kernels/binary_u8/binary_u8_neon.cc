// binary_u8_neon: Advanced SIMD. Sums of two vectors, which residual connections are made of, go 16 bytes a
// step. SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_ARM64
#include "native/cpu/region.h"
#include "native/kernels/binary_u8/binary_u8.h"
#include "native/kernels/requantize/s8_neon.h"
#include "native/simd/vec_neon.h"

KPT_TIER_BEGIN_NEON
#include "native/kernels/binary_u8/binary_u8-inl.h"

namespace kompakt {
namespace {

KPT_ALWAYS_INLINE int32x4_t AddFour(int16x4_t a, int16x4_t b, float a_factor, float b_factor) {
  const float32x4_t left = vmulq_n_f32(vcvtq_f32_s32(vmovl_s16(a)), a_factor);
  const float32x4_t right = vmulq_n_f32(vcvtq_f32_s32(vmovl_s16(b)), b_factor);
  return vcvtnq_s32_f32(vaddq_f32(left, right));
}

KPT_ALWAYS_INLINE int16x8_t Centre(uint8x8_t v, int16x8_t zero) {
  return vsubq_s16(vreinterpretq_s16_u16(vmovl_u8(v)), zero);
}

static void AddRows(const BinaryU8Params& p, const uint8_t* a, int a_step, const uint8_t* b, int b_step,
                    uint8_t* y, int64_t count) {
  int64_t i = 0;
  if (a_step == 1 && b_step == 1 && SumsFitInt32(p)) {
    const NeonBytes bytes({p.y_zero, p.lo, p.hi});
    const int16x8_t a_zero = vdupq_n_s16(static_cast<int16_t>(p.a_zero));
    const int16x8_t b_zero = vdupq_n_s16(static_cast<int16_t>(p.b_zero));
    for (; i + 16 <= count; i += 16) {
      const uint8x16_t x = vld1q_u8(a + i), z = vld1q_u8(b + i);
      int32x4_t sums[4];
      for (int h = 0; h < 2; ++h) {
        const int16x8_t left = Centre(h == 0 ? vget_low_u8(x) : vget_high_u8(x), a_zero);
        const int16x8_t right = Centre(h == 0 ? vget_low_u8(z) : vget_high_u8(z), b_zero);
        sums[2 * h] = AddFour(vget_low_s16(left), vget_low_s16(right), p.a_factor, p.b_factor);
        sums[2 * h + 1] = AddFour(vget_high_s16(left), vget_high_s16(right), p.a_factor, p.b_factor);
      }
      vst1q_u8(y + i, bytes.Pack(sums[0], sums[1], sums[2], sums[3]));
    }
  }
  binary_u8_inl::Run<binary_u8_inl::OpAdd>(p, a + i, a_step, b + i, b_step, y + i, count - i);
}

}  // namespace

extern const BinaryU8Kernel binary_u8_neon;
const BinaryU8Kernel binary_u8_neon = {AddRows, binary_u8_inl::Run<binary_u8_inl::OpMul>};

}  // namespace kompakt

KPT_TIER_END_NEON
#endif
