// The op pow of binary_f32 for the vectors of the including file, in blocks: by vectors where no special case
// of C is among them. SPDX-License-Identifier: Apache-2.0
#include "native/kernels/binary_f32/binary_f32.h"
#include "native/kernels/binary_f32/pow-inl.h"
#include "native/simd/floats-inl.h"

namespace kompakt {
namespace {
namespace pow_inl {

using namespace simd;

constexpr int64_t kPowerBlock = 256;
constexpr float kInfinity = __builtin_inff();

template <int kStepA, int kStepB>
static void SpecialPowers(const float* a, const float* b, float* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = PowF32(a[i * kStepA], b[i * kStepB]);
}

// In several loops, here and below, because compilers make branches of what a limited exponent leads to, and
// no vectors then.
template <int kStepA>
static void PowersOfMany(const float* a, const float* b, float* y, int64_t count) {
  int special = 0;
  for (int64_t i = 0; i < count; ++i) {
    const float base = a[i * kStepA], exponent = b[i];
    special |= !(base > 0.0f) | !(base < kInfinity) | !(exponent < kInfinity) | !(exponent > -kInfinity) |
               (exponent == 2.0f);
  }
  if (special != 0) return SpecialPowers<kStepA, 1>(a, b, y, count);
  double exponents[kPowerBlock];
  for (int64_t i = 0; i < count; ++i) exponents[i] = LogOfPower(a[i * kStepA], b[i]);
  for (int64_t i = 0; i < count; ++i) y[i] = static_cast<float>(ExpOf(exponents[i]));
}

// One exponent: it says what becomes of zeros and negative bases.
static void PowersOfOne(const float* a, float exponent, float* y, int64_t count) {
  int special = exponent == 0.0f || exponent == 2.0f || !(exponent - exponent == 0.0f);
  for (int64_t i = 0; i < count; ++i) special |= !(__builtin_fabsf(a[i]) < kInfinity);
  if (special != 0) return SpecialPowers<1, 0>(a, &exponent, y, count);
  const float of_negative = PowF32(-1.0f, exponent);  // 1, -1 or NaN
  const bool odd = of_negative < 0.0f, positive = exponent > 0.0f;
  const F32 of_zero = Set(positive ? 0.0f : kInfinity);
  double exponents[kPowerBlock];
  for (int64_t i = 0; i < count; ++i) exponents[i] = LogOfPower(__builtin_fabsf(a[i]), exponent);
  float powers[kPowerBlock];
  for (int64_t i = 0; i < count; ++i) powers[i] = static_cast<float>(ExpOf(exponents[i]));
  for (int64_t i = 0; i < count; i += kLanes) {
    const F32 x = LoadSome(a + i, count - i), power = LoadSome(powers + i, count - i);
    const F32 zero = !odd ? of_zero : positive ? x : Div(Set(1.0f), x);
    const F32 nonzero = Select(Lt(x, Set(0.0f)), Mul(power, Set(of_negative)), power);
    StoreSome(y + i, Select(Le(Abs(x), Set(0.0f)), zero, nonzero), count - i);
  }
}

static void Powers(const float* a, int a_step, const float* b, int b_step, float* y, int64_t count) {
  for (int64_t i = 0; i < count; i += kPowerBlock) {
    const int64_t n = count - i < kPowerBlock ? count - i : kPowerBlock;
    if (a_step == 0 && b_step == 0)
      SpecialPowers<0, 0>(a, b, y + i, n);
    else if (b_step == 0)
      PowersOfOne(a + i, *b, y + i, n);
    else if (a_step == 0)
      PowersOfMany<0>(a, b + i, y + i, n);
    else
      PowersOfMany<1>(a + i, b + i, y + i, n);
  }
}

}  // namespace pow_inl
}  // namespace
}  // namespace kompakt
