// Arguments of sine and cosine that float32 arithmetic cannot reduce. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

namespace kompakt::simd {

/// Sizes above this go to ReduceLarge.
constexpr float kReduceLargeFrom = 131072.0f;

/// x = (n + 4k) * pi / 2 + r, |r| <= pi / 4, for |x| >= 2^17; r is NaN where x is not finite.
float ReduceLarge(float x, int32_t* n);

}  // namespace kompakt::simd
