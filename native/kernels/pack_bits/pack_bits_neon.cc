// pack_bits_neon: Advanced SIMD: comparisons are masked with the weight of each bit, and three pairwise
// additions gather eight of them in a byte. SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_ARM64
#include <arm_neon.h>

#include <cstring>

#include "native/base/check.h"
#include "native/cpu/region.h"
#include "native/kernels/pack_bits/pack_bits.h"

KPT_TIER_BEGIN_NEON
namespace kompakt {
namespace {
namespace pack_bits_inl {

constexpr int kF32Step = 16, kU8Step = 16;

/// Bytes 0 or 255 to two bytes of bits.
KPT_ALWAYS_INLINE void StoreFlipped(uint8x16_t above, const uint8_t* flip, uint8_t* y) {
  static constexpr uint8_t kBits[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  const uint8x16_t bits = vandq_u8(above, vld1q_u8(kBits));
  uint8x16_t sums = vpaddq_u8(bits, bits);
  sums = vpaddq_u8(sums, sums);
  sums = vpaddq_u8(sums, sums);
  y[0] = static_cast<uint8_t>(vgetq_lane_u8(sums, 0) ^ flip[0]);
  y[1] = static_cast<uint8_t>(vgetq_lane_u8(sums, 1) ^ flip[1]);
}

KPT_ALWAYS_INLINE uint16x4_t Above(const float* x, const float* threshold) {
  return vmovn_u32(vcgeq_f32(vld1q_f32(x), vld1q_f32(threshold)));
}

KPT_ALWAYS_INLINE void PackF32(const float* x, const float* threshold, const uint8_t* flip, uint8_t* y) {
  const uint16x8_t low = vcombine_u16(Above(x, threshold), Above(x + 4, threshold + 4));
  const uint16x8_t high = vcombine_u16(Above(x + 8, threshold + 8), Above(x + 12, threshold + 12));
  StoreFlipped(vcombine_u8(vmovn_u16(low), vmovn_u16(high)), flip, y);
}

KPT_ALWAYS_INLINE void PackU8(const uint8_t* x, const uint8_t* threshold, const uint8_t* flip, uint8_t* y) {
  StoreFlipped(vcgeq_u8(vld1q_u8(x), vld1q_u8(threshold)), flip, y);
}

}  // namespace pack_bits_inl
}  // namespace
}  // namespace kompakt
#include "native/kernels/pack_bits/pack_bits-inl.h"

namespace kompakt {

extern const PackBitsKernel pack_bits_neon;
const PackBitsKernel pack_bits_neon = {pack_bits_inl::F32, pack_bits_inl::U8};

}  // namespace kompakt

KPT_TIER_END_NEON
#endif
