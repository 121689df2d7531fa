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

static void Dequantize(float scale, int32_t zero, const uint8_t* x, float* y, int64_t count) {
  const F32 s = Set(scale), z = Set(static_cast<float>(zero));
  for (int64_t i = 0; i < count; i += kLanes)
    StoreSome(y + i, Mul(Sub(LoadU8AsFloat(x + i, count - i), z), s), count - i);
}

}  // namespace quantize_inl
}  // namespace
}  // namespace kompakt
