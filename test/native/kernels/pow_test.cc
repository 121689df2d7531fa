// PowF32, and the op pow of binary_f32 on every tier.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "native/kernels/binary_f32/binary_f32.h"
#include "test/native/harness.h"

namespace kompakt {
namespace {

using testing::Random;

TEST_CASE("PowF32: special cases of C and the nearest float or its neighbour") {
  const float inf = std::numeric_limits<float>::infinity();
  const float values[] = {0.0f, -0.0f, 1,   -1,   0.5f,          -0.5f,  2,     -2,          3,      -3,
                          1.5f, -2.5f, inf, -inf, std::nanf(""), 1e-40f, 1e38f, 16777217.0f, 0.333f, -7};
  for (float base : values)
    for (float exponent : values) {
      CAPTURE(base);
      CAPTURE(exponent);
      const float got = PowF32(base, exponent);
      const float want =
          static_cast<float>(std::pow(static_cast<double>(base), static_cast<double>(exponent)));
      if (std::isnan(want)) {
        CHECK(std::isnan(got));
        continue;
      }
      CHECK(std::signbit(got) == std::signbit(want));
      CHECK((got == want || got == std::nextafter(want, got)));
    }
  Random random(18);
  for (int i = 0; i < 20000; ++i) {
    const float base = random.Float(0.0f, 30.0f), exponent = random.Float(-20.0f, 20.0f);
    const float want = static_cast<float>(std::pow(static_cast<double>(base), static_cast<double>(exponent)));
    const float got = PowF32(base, exponent);
    REQUIRE((got == want || got == std::nextafter(want, got)));
  }
}

TEST_CASE("pow tiers: many exponents, and blocks with a special case among them") {
  constexpr int64_t kCount = 1000;
  Random random(19);
  std::vector<float> base(kCount), exponent(kCount);
  for (int64_t i = 0; i < kCount; ++i) {
    base[i] = i % 7 == 0 ? random.Float(1e-42f, 1e-38f) : random.Float(1e-6f, 30.0f);
    exponent[i] = random.Float(-60.0f, 60.0f);
  }
  for (bool special : {false, true}) {
    if (special) base[700] = -2.0f, exponent[701] = std::nanf(""), exponent[702] = 2.0f, base[703] = 0.0f;
    for (const Kernel<BinaryF32Fn>& kernel : BinaryF32Kernels()) {
      if (!HasTier(kernel.tier)) continue;
      CAPTURE(kernel.name);
      for (int a_step : {0, 1})
        for (int b_step : {0, 1})
          for (int64_t count : {int64_t{0}, int64_t{1}, int64_t{17}, int64_t{257}, kCount}) {
            // In place where the shapes allow it.
            std::vector<float> y = a_step == 1 ? base : std::vector<float>(kCount, 99.0f);
            const float* a = a_step == 1 ? y.data() : base.data();
            kernel.run(BinaryKind::kPow, a, a_step, exponent.data(), b_step, y.data(), count);
            int wrong = 0;
            for (int64_t i = 0; i < kCount; ++i) {
              float want = a_step == 1 ? base[i] : 99.0f;
              if (i < count) want = PowF32(base[i * a_step], exponent[i * b_step]);
              wrong += std::memcmp(&y[i], &want, sizeof want) == 0 || (y[i] != y[i] && want != want) ? 0 : 1;
            }
            CHECK(wrong == 0);
          }
    }
  }
}

TEST_CASE("pow tiers: one exponent for bases of every sign") {
  Random random(20);
  std::vector<float> base(600);
  for (float& x : base) x = random.Float(-3.0f, 3.0f);
  base[3] = 0.0f, base[4] = -0.0f, base[5] = 1.0f, base[6] = -1.0f, base[300] = 1e-42f, base[301] = -3e38f;
  for (bool infinite : {false, true}) {
    if (infinite) base[400] = -std::numeric_limits<float>::infinity();
    for (float exponent :
         {3.0f, 4.0f, 1.7f, 0.5f, -1.0f, -2.0f, -0.3f, 0.0f, 2.0f, 1e9f, -3e38f, std::nanf("")})
      for (const Kernel<BinaryF32Fn>& kernel : BinaryF32Kernels()) {
        if (!HasTier(kernel.tier)) continue;
        CAPTURE(kernel.name);
        CAPTURE(exponent);
        std::vector<float> y = base;
        kernel.run(BinaryKind::kPow, y.data(), 1, &exponent, 0, y.data(), static_cast<int64_t>(y.size()));
        int wrong = 0;
        for (size_t i = 0; i < y.size(); ++i) {
          const float want = PowF32(base[i], exponent);
          wrong += std::memcmp(&y[i], &want, sizeof want) == 0 || (y[i] != y[i] && want != want) ? 0 : 1;
        }
        CHECK(wrong == 0);
      }
  }
}

}  // namespace
}  // namespace kompakt
