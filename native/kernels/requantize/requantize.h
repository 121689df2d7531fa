// The one definition of requantisation: what every tier of every 8-bit kernel must give, byte for byte.
// All arithmetic is float32, unfused, rounded half to even. Values are clamped as floats before they become
// integers, so that huge ones mean the same on every CPU (bounds minus zero are small integers, so clamping
// before rounding gives what clamping after it would). Requires: finite scales; accumulators are int32, so no
// NaN can appear. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cmath>
#include <cstdint>

namespace kompakt {

/// What a kernel stores of its int32 accumulators: bytes, floats (times a scale), or themselves.
enum class OutputKind : uint8_t { kU8, kF32, kS32 };

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

/// bias + x_offset * (sum of a column's weights) in wrapping int32: x_offset is what the kernel takes off
/// every byte of x itself, minus the zero point of x.
inline int32_t FoldBias(int32_t bias, int32_t x_offset, int32_t weight_sum) {
  return static_cast<int32_t>(static_cast<uint32_t>(bias) +
                              static_cast<uint32_t>(x_offset) * static_cast<uint32_t>(weight_sum));
}

/// Kernels that convert before they clamp need |acc * scale| < 2^31: true for any accumulator below this
/// scale.
constexpr float kMaxFastScale = 0.999f;

/// A short cut where every accumulator is proved to lie within +-kSmallSum, no scale is negative, zero is 0
/// and bytes are clamped to nothing narrower than 0..255. With this added, the bits of an accumulator >= 0
/// are those of the float 2^23 + acc, so that one fused multiply-add, minus 2^23 * scale (exact), rounds the
/// very product that the rule above rounds. An accumulator < 0 comes out as half of its product: it becomes 0
/// all the same.
constexpr int32_t kSmallSum = (1 << 23) - 1;
constexpr int32_t kFloatBits = 0x4B000000;  // of 2^23

inline bool FullFromZero(const OutputRange& range) {
  return range.zero == 0 && range.lo == 0 && range.hi == 255;
}

}  // namespace kompakt
