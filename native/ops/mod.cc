// Step mod: remainders with broadcasting, with the sign of the dividend (truncated) or of the divisor. By 0
// it is NaN of floats; integers end the run. SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "native/ops/broadcast.h"

namespace kompakt {
namespace {

// Doubles of this size have whole numbers as their low bits: adding one rounds, or makes one of an integer.
constexpr double kMagic = 0x1.8p52;

/// Integers within +-2^48 as doubles and back, without the instructions that vectors lack.
double ToDouble(int64_t value) {
  uint64_t bits;
  double magic = kMagic;
  std::memcpy(&bits, &magic, sizeof(bits));
  bits += static_cast<uint64_t>(value);
  std::memcpy(&magic, &bits, sizeof(bits));
  return magic - kMagic;
}
double ToDouble(int32_t value) { return value; }
double ToDouble(uint8_t value) { return value; }

template <typename T>
T FromDouble(double value) {
  if constexpr (sizeof(T) < 8) {
    return static_cast<T>(static_cast<int32_t>(value));
  } else {
    uint64_t bits, magic_bits;
    const double sum = value + kMagic, magic = kMagic;
    std::memcpy(&bits, &sum, sizeof(bits));
    std::memcpy(&magic_bits, &magic, sizeof(bits));
    return static_cast<int64_t>(bits - magic_bits);
  }
}

// Not 0 where something forbids it, without comparisons, which vectors lack for 64 bits.
/// The integer is beyond +-2^48: quotients would not be exact enough.
uint64_t IsLarge(int64_t value) { return (static_cast<uint64_t>(value) + (uint64_t{1} << 48)) >> 49; }
uint32_t IsLarge(int32_t) { return 0; }
uint8_t IsLarge(uint8_t) { return 0; }
/// Only 0 has its highest bit set by taking 1 away.
template <typename T>
std::make_unsigned_t<T> IsZero(T value) {
  using Bits = std::make_unsigned_t<T>;
  const Bits bits = static_cast<Bits>(value);
  return static_cast<Bits>(static_cast<Bits>((bits - 1) & ~bits) >> (8 * sizeof(T) - 1));
}

template <typename T, bool kTruncated>
struct IntegerMod {
  static T Slow(Refusal* refusal, T a, T b) {
    if (b == 0) refusal->Set("a divisor other than 0", 0, 1, 0);
    if (b == 0 || (std::is_signed_v<T> && b == static_cast<T>(-1))) return 0;
    const T rest = a % b;
    return kTruncated || rest == 0 || (rest < 0) == (b < 0) ? rest : rest + b;
  }

  /// By the nearest multiple of b in double precision, in which all terms are exact. The quotient is right to
  /// a tenth, so that the rest is off by one b at most: where it has the wrong sign.
  template <int kAStep, int kBStep>
  static void Run(Refusal* refusal, const T* a, const T* b, T* y, int64_t count) {
    // One value against many stays in a register.
    const double one_a = ToDouble(*a), one_b = ToDouble(*b), inverse = 1 / one_b;
    std::make_unsigned_t<T> forbidden = 0;
    for (int64_t i = 0; i < count; ++i)
      forbidden |= IsLarge(a[i * kAStep]) | IsLarge(b[i * kBStep]) | IsZero(b[i * kBStep]);
    if (forbidden != 0) {
      for (int64_t i = 0; i < count; ++i) y[i] = Slow(refusal, a[i * kAStep], b[i * kBStep]);
      return;
    }
    for (int64_t i = 0; i < count; ++i) {
      const double u = kAStep == 0 ? one_a : ToDouble(a[i]), v = kBStep == 0 ? one_b : ToDouble(b[i]);
      const double quotient = (kBStep == 0 ? u * inverse : u / v) + kMagic - kMagic;
      const double rest = u - quotient * v;
      const double wanted = kTruncated ? u : v;
      // 1 where the signs differ, else 0; a sum with 0 is never -0.
      const double wrong = 0.5 - std::copysign(0.5, rest * wanted + 0.0);
      y[i] = FromDouble<T>(rest + wrong * std::copysign(v, wanted));
    }
  }
};

struct FloatMod {
  /// Whether a - trunc(a / b) * b is exact in double precision: the quotient is then whole where it seems so.
  static bool IsExact(double quotient, float b) {
    return (std::fabs(quotient) < 0x1p28) & (std::fabs(b) <= std::numeric_limits<float>::max());
  }

  template <int kAStep, int kBStep>
  static void Run(Refusal*, const float* a, const float* b, float* y, int64_t count) {
    bool exact = true;
    for (int64_t i = 0; i < count; ++i) {
      const double u = a[i * kAStep], v = b[i * kBStep], quotient = u / v;
      const bool fits = IsExact(quotient, b[i * kBStep]);
      const double whole = static_cast<int32_t>(fits ? quotient : 0);
      y[i] = std::copysign(static_cast<float>(u - whole * v), a[i * kAStep]);
      exact &= fits;
    }
    if (exact) return;
    for (int64_t i = 0; i < count; ++i) {
      const float u = a[i * kAStep], v = b[i * kBStep];
      if (!IsExact(static_cast<double>(u) / v, v)) y[i] = std::fmod(u, v);
    }
  }
};

template <typename T, typename Kernel>
class ModStep : public Step {
 public:
  ModStep(const Broadcast& broadcast, const StepSpec& spec)
      : broadcast_(broadcast), a_(spec.in(0)->as<T>()), b_(spec.in(1)->as<T>()), y_(spec.out().as<T>()) {}

  void Run(const RunContext& context) override {
    broadcast_.ForEach(context, a_, b_, [&](const T* a, const T* b, int64_t offset, int64_t count) {
      T* y = y_ + offset;
      if (broadcast_.a_step() == 0)
        Kernel::template Run<0, 1>(context.refusal, a, b, y, count);
      else if (broadcast_.b_step() == 0)
        Kernel::template Run<1, 0>(context.refusal, a, b, y, count);
      else
        Kernel::template Run<1, 1>(context.refusal, a, b, y, count);
    });
  }

 private:
  Broadcast broadcast_;
  const T* a_;
  const T* b_;
  T* y_;
};

}  // namespace

Status MakeMod(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 2, 1));
  for (size_t i : {0, 1}) {
    KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(i), spec.out().dtype));
    if (IsWrittenOver(spec, *spec.in(i))) return spec.Fail("it cannot work in place");
  }
  int64_t truncated = 0;
  KPT_RETURN_IF_ERROR(spec.params.Int("truncated", &truncated));
  Broadcast broadcast;
  KPT_RETURN_IF_ERROR(broadcast.Make(spec, *spec.in(0), *spec.in(1), spec.out()));
  return ForNumberType(spec, spec.out().dtype, [&](auto tag) {
    using T = typename decltype(tag)::Type;
    if constexpr (std::is_same_v<T, float>) {
      if (truncated == 0) return spec.Fail("remainders of floats are truncated");
      *out = std::make_unique<ModStep<T, FloatMod>>(broadcast, spec);
    } else if (truncated != 0) {
      *out = std::make_unique<ModStep<T, IntegerMod<T, true>>>(broadcast, spec);
    } else {
      *out = std::make_unique<ModStep<T, IntegerMod<T, false>>>(broadcast, spec);
    }
    return Status::Ok();
  });
}

}  // namespace kompakt
