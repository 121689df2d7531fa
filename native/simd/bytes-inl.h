// Between bytes and float32 vectors, with tails: shared by the kernels whose formulas end in a stored byte.
// Included once in a translation unit, after a vec_*.h and inside the tier region. SPDX-License-Identifier:
// Apache-2.0
#pragma once
#include "native/simd/vec.h"

namespace kompakt::simd {
namespace {

// kLanes bytes, or the `count` that are left and zeros.
KPT_VEC I32 LoadSomeU8(const uint8_t* p, int64_t count) {
  if (count >= kLanes) return LoadU8(p);
  uint8_t rest[kLanes] = {};
  __builtin_memcpy(rest, p, static_cast<size_t>(count));
  return LoadU8(rest);
}

KPT_VEC F32 LoadU8AsFloat(const uint8_t* p, int64_t count) { return ToFloat(LoadSomeU8(p, count)); }

// Stores integral values in [0, 255].
KPT_VEC void StoreFloatAsU8(uint8_t* p, F32 v, int64_t count) {
  if (count >= kLanes) return StoreU8(p, ToInt(v));
  uint8_t rest[kLanes];
  StoreU8(rest, ToInt(v));
  __builtin_memcpy(p, rest, static_cast<size_t>(count));
}

// clamp(roundHalfEven(v) + zero, lo, hi): the sum is exact wherever the clamp does not decide.
KPT_VEC F32 RoundToByte(F32 v, F32 zero, F32 lo, F32 hi) { return Max(lo, Min(hi, Add(Round(v), zero))); }

}  // namespace
}  // namespace kompakt::simd
