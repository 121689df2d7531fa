// finish_u8: the reference, and the choice of a tier.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/requantize/finish_u8.h"

#include "native/cpu/tier.h"

namespace kompakt {

#if KPT_X86_64
void AddResidualU8Avx2(uint8_t* y, const uint8_t* residual, int64_t count, const ResidualAdd& add);
void AddResidualU8Avx512(uint8_t* y, const uint8_t* residual, int64_t count, const ResidualAdd& add);
#elif KPT_ARM64
void AddResidualU8Neon(uint8_t* y, const uint8_t* residual, int64_t count, const ResidualAdd& add);
#endif

void AddResidualU8Reference(uint8_t* y, const uint8_t* residual, int64_t count, const ResidualAdd& add) {
  for (int64_t i = 0; i < count; ++i) {
    const float left = add.y_factor * static_cast<float>(y[i] - add.y_zero);
    const float right = add.factor * static_cast<float>(residual[i] - add.zero);
    y[i] = RoundToByte(left + right, add.range);
  }
}

void AddResidualU8(uint8_t* y, const uint8_t* residual, int64_t count, const ResidualAdd& add) {
#if KPT_X86_64
  if (HasTier(kAvx512Vnni)) return AddResidualU8Avx512(y, residual, count, add);
  if (HasTier(kAvx2)) return AddResidualU8Avx2(y, residual, count, add);
#elif KPT_ARM64
  if (HasTier(kNeon)) return AddResidualU8Neon(y, residual, count, add);
#endif
  AddResidualU8Reference(y, residual, count, add);
}

}  // namespace kompakt
