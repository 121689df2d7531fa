// affine_s32 for the vectors of the including file. SPDX-License-Identifier: Apache-2.0
#include "native/kernels/affine_s32/affine_s32.h"
#include "native/simd/bytes-inl.h"
#include "native/simd/floats-inl.h"

namespace kompakt {
namespace {
namespace affine_inl {

using namespace simd;

KPT_VEC F32 Value(const AffineS32Params& p, const int32_t* x, int64_t c, int64_t left) {
  // Sums lie in scratch memory, which may be read past the row.
  const F32 t = Add(Mul(ToFloat(LoadI(x + c)), LoadSome(p.scale + c, left)), LoadSome(p.bias + c, left));
  if (p.slope == nullptr) return t;
  const F32 leaky = Select(Lt(t, Set(0.0f)), Mul(t, LoadSome(p.slope + c, left)), t);
  return Add(leaky, LoadSome(p.shift + c, left));
}

static void ToF32(const AffineS32Params& p, const int32_t* x, float* y, int64_t channels) {
  for (int64_t c = 0; c < channels; c += kLanes) StoreSome(y + c, Value(p, x, c, channels - c), channels - c);
}

static void ToU8(const AffineS32Params& p, const int32_t* x, uint8_t* y, int64_t channels) {
  const F32 zero = Set(static_cast<float>(p.range.zero));
  const F32 lo = Set(static_cast<float>(p.range.lo)), hi = Set(static_cast<float>(p.range.hi));
  for (int64_t c = 0; c < channels; c += kLanes)
    StoreFloatAsU8(y + c, RoundToByte(Value(p, x, c, channels - c), zero, lo, hi), channels - c);
}

}  // namespace affine_inl
}  // namespace
}  // namespace kompakt
