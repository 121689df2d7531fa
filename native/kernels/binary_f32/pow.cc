// PowF32: e^(y * log x) in float64, whose error of some 1e-15 is far below half an ulp of float32.
// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstring>

#include "native/kernels/binary_f32/binary_f32.h"

namespace kompakt {
namespace {

constexpr double kLog2High = 0.693145751953125;  // 16 bits: times any exponent it is exact
constexpr double kLog2Low = 1.4286068203094172e-06;

// x = 2^e * m, sqrt(1/2) <= m < sqrt(2); log(m) = 2s + s^3 * Q(s^2), s = (m - 1) / (m + 1).
double Log(double x) {
  int e = 0;
  double m = std::frexp(x, &e);
  if (m < 0.70710678118654752) {
    m = m + m;
    --e;
  }
  const double s = (m - 1.0) / (m + 1.0);
  const double u = s * s;
  double q = 0.14840718264198388;
  q = q * u + 0.1530923952607698;
  q = q * u + 0.1818377236428296;
  q = q * u + 0.22222193982395122;
  q = q * u + 0.2857142879611876;
  q = q * u + 0.39999999999105323;
  q = q * u + 0.6666666666666812;
  return e * kLog2High + (2.0 * s + (s * u * q + e * kLog2Low));
}

// For |x| < 200.
double Exp(double x) {
  const double n = std::nearbyint(x * 1.4426950408889634);
  const double r = (x - n * kLog2High) - n * kLog2Low;
  double p = 2.763608116998913e-07;
  p = p * r + 2.7636644379367083e-06;
  p = p * r + 2.480147645614632e-05;
  p = p * r + 0.00019841181564494523;
  p = p * r + 0.0013888888959972339;
  p = p * r + 0.008333333373371827;
  p = p * r + 0.041666666666468635;
  p = p * r + 0.16666666666606533;
  p = p * r + 0.5000000000000027;
  const double y = 1.0 + (r + r * r * p);
  return std::ldexp(y, static_cast<int>(n));
}

}  // namespace

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
  const double t = std::fmin(std::fmax(static_cast<double>(exponent) * Log(size), -150.0), 150.0);
  const float y = static_cast<float>(Exp(t));
  return negative ? -y : y;
}

}  // namespace kompakt
