// The one definition of requantisation: what every tier of every 8-bit kernel must give, byte for byte.
// All arithmetic is float32, unfused, rounded half to even. Values are clamped as floats before they become
// integers, so that huge ones mean the same on every CPU (bounds minus zero are small integers, so clamping
// before rounding gives what clamping after it would). Requires: finite scales; accumulators are int32, so no
// NaN can appear. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cmath>
#include <cstdint>

namespace kompakt {

/// How int32 accumulators become stored bytes: y = clamp(roundHalfEven(acc * scale) + zero, lo, hi).
struct OutputRange {
  int32_t zero = 0;
  int32_t lo = 0;
  int32_t hi = 255;
};

/// clamp(roundHalfEven(value) + zero, lo, hi).
inline uint8_t RoundToByte(float value, const OutputRange& range) {
  const float low = static_cast<float>(range.lo - range.zero),
              high = static_cast<float>(range.hi - range.zero);
  const float clamped = std::fmin(std::fmax(value, low), high);
  return static_cast<uint8_t>(std::lrintf(clamped) + range.zero);
}

inline uint8_t Requantize(int32_t acc, float scale, const OutputRange& range) {
  return RoundToByte(static_cast<float>(acc) * scale, range);
}

/// Kernels that convert before they clamp need |acc * scale| < 2^31: true for any accumulator below this
/// scale.
constexpr float kMaxFastScale = 0.999f;

}  // namespace kompakt
