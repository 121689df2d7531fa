// ReduceLarge after M. Payne, R. Hanek: Radian Reduction for Trigonometric Functions (SIGNUM Newsletter 18,
// 1983): x is an integer times a power of two, and of its product with 2 / pi only the bits below 4 matter.
// SPDX-License-Identifier: Apache-2.0
#include "native/simd/reduce_large.h"

#include <cmath>
#include <cstring>

namespace kompakt::simd {
namespace {

// 2 / pi in words of 32 bits, a word of zeros before the point.
constexpr uint32_t kTwoOverPi[] = {0,          0xa2f9836e, 0x4e441529, 0xfc2757d1,
                                   0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab};
constexpr double kHalfPi = 1.5707963267948966;
constexpr int kMantissaBits = 23;

uint32_t WordAt(int bit) {
  const uint32_t* word = kTwoOverPi + bit / 32;
  const uint64_t pair = static_cast<uint64_t>(word[0]) << 32 | word[1];
  return static_cast<uint32_t>(pair << (bit % 32) >> 32);
}

}  // namespace

float ReduceLarge(float x, int32_t* n) {
  *n = 0;
  if (!std::isfinite(x)) return std::nanf("");
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  const int exponent = static_cast<int>(bits >> kMantissaBits & 0xff) - 127 - kMantissaBits;
  const uint64_t m = (bits & 0x007fffff) | 0x00800000;
  // 96 bits of 2^exponent * 2 / pi, the first of weight 2, times m, modulo 4.
  const int first = exponent + 30;
  const uint64_t low = m * WordAt(first + 64);
  const uint64_t middle = m * WordAt(first + 32) + (low >> 32);
  const uint64_t high = m * WordAt(first) + (middle >> 32);
  const uint64_t top = high << 32 | (middle & 0xffffffff);
  const uint64_t fraction = top << 2 | (low >> 30 & 3);
  // As a signed number the fraction is what is left from the nearest quarter.
  int64_t rest;
  std::memcpy(&rest, &fraction, sizeof rest);
  const int32_t quarters = static_cast<int32_t>(top >> 62) + (rest < 0 ? 1 : 0);
  const float r = static_cast<float>(static_cast<double>(rest) * 0x1p-64 * kHalfPi);
  *n = x < 0 ? -quarters : quarters;
  return x < 0 ? -r : r;
}

}  // namespace kompakt::simd
