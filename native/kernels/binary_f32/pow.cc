// PowF32: the special cases of C, and powers of positive numbers.
// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "native/kernels/binary_f32/binary_f32.h"
#include "native/kernels/binary_f32/pow-inl.h"

namespace kompakt {

float PowF32(float base, float exponent) {
  if (exponent == 2.0f) return base * base;
  if (exponent == 0.0f || base == 1.0f) return 1.0f;
  if (base != base || exponent != exponent) return base + exponent;
  const bool integral = std::floor(exponent) == exponent;
  const bool odd = integral && std::fabs(exponent) < 0x1p24f && std::fmod(exponent, 2.0f) != 0.0f;
  const float size = std::fabs(base);
  const bool negative = std::signbit(base) && odd;
  if (std::isinf(exponent) && size == 1.0f) return 1.0f;
  if (size == 0.0f || std::isinf(size) || std::isinf(exponent)) {
    const bool large = (size > 1.0f) == (exponent > 0.0f);
    const float limit = large ? HUGE_VALF : 0.0f;
    return negative ? -limit : limit;
  }
  if (base < 0.0f && !integral) return std::nanf("");
  const float y = static_cast<float>(pow_inl::ExpOf(pow_inl::LogOfPower(size, exponent)));
  return negative ? -y : y;
}

}  // namespace kompakt
