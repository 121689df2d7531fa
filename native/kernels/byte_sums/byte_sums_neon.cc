// byte_sums_neon: Advanced SIMD: pairs to 16 bits, and pairs of those to 32.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_ARM64
#include <arm_neon.h>

#include "native/base/check.h"
#include "native/cpu/region.h"
#include "native/kernels/byte_sums/byte_sums.h"

KPT_TIER_BEGIN_NEON
namespace kompakt {
namespace {

constexpr int64_t kByteSumsStep = 16;

KPT_ALWAYS_INLINE uint32x4_t AddBytes(uint32x4_t sum, uint8x16_t values) {
  return vpadalq_u16(sum, vpaddlq_u8(values));
}

void ByteSumsNeon(const uint8_t* x, int64_t count, int64_t bytes, int64_t stride, uint32_t* sums) {
  uint8_t masks[2 * kByteSumsStep] = {};
  for (int i = 0; i < kByteSumsStep; ++i) masks[i] = 255;
  const int64_t whole = bytes / kByteSumsStep * kByteSumsStep;
  const uint8x16_t last = vld1q_u8(masks + kByteSumsStep - (bytes - whole));
  for (int64_t i = 0; i < count; ++i, x += stride) {
    uint32x4_t sum = AddBytes(vdupq_n_u32(0), vandq_u8(vld1q_u8(x + whole), last));
    for (int64_t k = 0; k < whole; k += kByteSumsStep) sum = AddBytes(sum, vld1q_u8(x + k));
    sums[i] = vaddvq_u32(sum);
  }
}

}  // namespace

extern const ByteSumsKernel byte_sums_neon;
const ByteSumsKernel byte_sums_neon = {ByteSumsNeon};

}  // namespace kompakt

KPT_TIER_END_NEON
#endif
