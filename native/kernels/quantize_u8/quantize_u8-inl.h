// quantize_u8 for the vectors of the including file.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/quantize_u8/quantize_u8.h"
#include "native/simd/bytes-inl.h"
#include "native/simd/floats-inl.h"

namespace kompakt {
namespace {
namespace quantize_inl {

using namespace simd;

static void Quantize(const QuantizeParams& params, const float* x, uint8_t* y, int64_t count) {
  const F32 scale = Set(params.scale), zero = Set(static_cast<float>(params.zero));
  const F32 lo = Set(static_cast<float>(params.lo)), hi = Set(static_cast<float>(params.hi));
  for (int64_t i = 0; i < count; i += kLanes) {
    const F32 q = Div(LoadSome(x + i, count - i), scale);
    StoreFloatAsU8(y + i, Select(IsNan(q), zero, RoundToByte(q, zero, lo, hi)), count - i);
  }
}

static void Range(const float* x, int64_t count, float* low, float* high) {
  constexpr int kChains = 4;
  F32 least[kChains], most[kChains];
  for (int j = 0; j < kChains; ++j) least[j] = most[j] = Set(0.0f);
  int64_t i = 0;
  for (; i + kChains * kLanes <= count; i += kChains * kLanes)
    for (int j = 0; j < kChains; ++j) {
      const F32 v = Load(x + i + j * kLanes);
      least[j] = Min(v, least[j]);  // NaN on the left is left out
      most[j] = Max(v, most[j]);
    }
  for (; i < count; i += kLanes) {
    const F32 v = LoadSome(x + i, count - i);
    least[0] = Min(v, least[0]);
    most[0] = Max(v, most[0]);
  }
  float lows[kLanes], highs[kLanes];
  Store(lows, Min(Min(least[0], least[1]), Min(least[2], least[3])));
  Store(highs, Max(Max(most[0], most[1]), Max(most[2], most[3])));
  *low = *high = 0;
  for (int j = 0; j < kLanes; ++j) {
    if (lows[j] < *low) *low = lows[j];
    if (highs[j] > *high) *high = highs[j];
  }
}

static void Dequantize(float scale, int32_t zero, const uint8_t* x, float* y, int64_t count) {
  const F32 s = Set(scale), z = Set(static_cast<float>(zero));
  for (int64_t i = 0; i < count; i += kLanes)
    StoreSome(y + i, Mul(Sub(LoadU8AsFloat(x + i, count - i), z), s), count - i);
}

}  // namespace quantize_inl
}  // namespace
}  // namespace kompakt
