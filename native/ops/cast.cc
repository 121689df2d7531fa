// Step cast: conversion between f32, s32, s64 and u8. Floats are cut towards zero and saturate, NaN gives 0;
// integers keep their low bits. toBool gives 1 where x is not 0, also for NaN, and 0 elsewhere.
// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <type_traits>

#include "native/ops/checks.h"

namespace kompakt {
namespace {

template <typename To, typename From>
To Convert(From value) {
  if constexpr (std::is_same_v<From, float> && !std::is_same_v<To, float>) {
    if (value != value) return 0;
    // Limits as floats: the upper one is one above the largest integer, where it is not exact.
    constexpr float kLow = static_cast<float>(std::numeric_limits<To>::min());
    constexpr float kHigh = static_cast<float>(std::numeric_limits<To>::max());
    if (value <= kLow) return std::numeric_limits<To>::min();
    if (value >= kHigh) return std::numeric_limits<To>::max();
  }
  return static_cast<To>(value);
}

template <typename From, typename To>
void ConvertAll(const From* x, To* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = Convert<To>(x[i]);
}

/// Vectors of most tiers convert to 32 bits only: blocks without larger values, which are most, go that way.
template <>
void ConvertAll(const float* x, int64_t* y, int64_t count) {
  constexpr int64_t kBlock = 64;
  for (; count > 0; x += kBlock, y += kBlock, count -= kBlock) {
    const int64_t length = count < kBlock ? count : kBlock;
    int fits = 1;
    for (int64_t i = 0; i < length; ++i) fits &= std::fabs(x[i]) < 0x1p31f;
    for (int64_t i = 0; i < length; ++i)
      y[i] = fits != 0 ? static_cast<int32_t>(x[i]) : Convert<int64_t>(x[i]);
  }
}

template <typename From, typename To>
class CastStep : public Step {
 public:
  CastStep(const StepSpec& spec, bool to_bool)
      : x_(spec.in(0)->as<From>()), y_(spec.out().as<To>()), count_(spec.out().size()), to_bool_(to_bool) {}

  void Run(const RunContext& context) override {
    context.pool->ParallelFor(count_, kElementGrain, [this](int64_t begin, int64_t end, int) {
      if (to_bool_)
        for (int64_t i = begin; i < end; ++i) y_[i] = static_cast<To>(x_[i] != 0 ? 1 : 0);
      else
        ConvertAll(x_ + begin, y_ + begin, end - begin);
    });
  }

 private:
  const From* x_;
  To* y_;
  int64_t count_;
  bool to_bool_;
};

}  // namespace

Status MakeCast(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(1, 1, 1));
  KPT_RETURN_IF_ERROR(CheckSameSize(spec, *spec.in(0), spec.out()));
  int32_t to_bool = 0;
  KPT_RETURN_IF_ERROR(spec.params.Int32("toBool", &to_bool));
  return ForNumberType(spec, spec.in(0)->dtype, [&](auto from) {
    return ForNumberType(spec, spec.out().dtype, [&](auto to) {
      using Cast = CastStep<typename decltype(from)::Type, typename decltype(to)::Type>;
      *out = std::make_unique<Cast>(spec, to_bool != 0);
      return Status::Ok();
    });
  });
}

}  // namespace kompakt
