// Powers of float32 by e^(y * log x) in float64, whose error of some 1e-15 is far below half an ulp of
// float32: without branches or calls, so that compilers make vector instructions of loops over it. Included
// inside a tier region. SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "native/simd/vec.h"

namespace kompakt {
namespace {
namespace pow_inl {

constexpr double kLog2High = 0.693145751953125;  // 16 bits: times any exponent it is exact
constexpr double kLog2Low = 1.4286068203094172e-06;
constexpr int kMantissaBits = 52;
constexpr uint64_t kMantissa = (uint64_t{1} << kMantissaBits) - 1;
constexpr uint64_t kExponentBias = 1023;
constexpr uint64_t kRootHalf = 0x3fe6a09e667f3bcd;  // the bits of sqrt(1/2)
/// A number up to 2^51 plus this has that number in the low bits of its mantissa, rounded half to even.
constexpr double kRounder = 6755399441055744.0;

KPT_VEC uint64_t BitsOfDouble(double x) {
  uint64_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return bits;
}
KPT_VEC double DoubleOf(uint64_t bits) {
  double x;
  __builtin_memcpy(&x, &bits, sizeof x);
  return x;
}

// x = 2^e * m, sqrt(1/2) <= m < sqrt(2); log(m) = 2s + s^3 * Q(s^2), s = (m - 1) / (m + 1).
KPT_VEC double LogOf(double x) {
  const uint64_t offset = BitsOfDouble(x) - kRootHalf + (kExponentBias << kMantissaBits);
  const double m = DoubleOf((offset & kMantissa) + kRootHalf);
  // 2^52 + n is the number whose mantissa is n.
  const double e = DoubleOf((offset >> kMantissaBits) | BitsOfDouble(0x1p52)) - (0x1p52 + kExponentBias);
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
KPT_VEC double ExpOf(double x) {
  const double shifted = x * 1.4426950408889634 + kRounder;
  const double n = shifted - kRounder;
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
  return (1.0 + (r + r * r * p)) * DoubleOf((BitsOfDouble(shifted) + kExponentBias) << kMantissaBits);
}

/// exponent * log(base) for a positive finite base and a finite exponent, limited to where the power is 0 or
/// infinite in float32.
KPT_VEC double LogOfPower(float base, float exponent) {
  double t = static_cast<double>(exponent) * LogOf(static_cast<double>(base));
  t = t < -150.0 ? -150.0 : t;
  return t > 150.0 ? 150.0 : t;
}

}  // namespace pow_inl
}  // namespace
}  // namespace kompakt
