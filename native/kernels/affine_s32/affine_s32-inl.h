// affine_s32 for the vectors of the including file. SPDX-License-Identifier: Apache-2.0
#include "native/kernels/affine_s32/affine_s32.h"
#include "native/simd/bytes-inl.h"
#include "native/simd/floats-inl.h"

namespace kompakt {
namespace {
namespace affine_inl {

using namespace simd;

// The values of the channels from c on: the same for all rows.
struct Channels {
  F32 scale, bias, slope, shift;
  bool leaky;

  KPT_VEC Channels At(const AffineS32Params& p, int64_t c, int64_t left) {
    Channels v;
    v.leaky = p.slope != nullptr;
    v.scale = LoadSome(p.scale + c, left);
    v.bias = LoadSome(p.bias + c, left);
    v.slope = v.leaky ? LoadSome(p.slope + c, left) : v.scale;
    v.shift = v.leaky ? LoadSome(p.shift + c, left) : v.bias;
    return v;
  }
};

KPT_VEC F32 Value(const Channels& v, const int32_t* x) {
  const F32 t = Add(Mul(ToFloat(LoadI(x)), v.scale), v.bias);
  return v.leaky ? Add(Select(Lt(t, Set(0.0f)), Mul(t, v.slope), t), v.shift) : t;
}

static void ToF32(const AffineS32Params& p, const AffineS32Rows& r, float* y) {
  for (int64_t c = 0; c < r.channels; c += kLanes) {
    const int64_t left = r.channels - c;
    const Channels v = Channels::At(p, c, left);
    for (int64_t row = 0; row < r.rows; ++row)
      StoreSome(y + row * r.y_stride + c, Value(v, r.x + row * r.x_stride + c), left);
  }
}

static void ToU8(const AffineS32Params& p, const AffineS32Rows& r, uint8_t* y) {
  const F32 zero = Set(static_cast<float>(p.range.zero));
  const F32 lo = Set(static_cast<float>(p.range.lo)), hi = Set(static_cast<float>(p.range.hi));
  for (int64_t c = 0; c < r.channels; c += kLanes) {
    const int64_t left = r.channels - c;
    const Channels v = Channels::At(p, c, left);
    for (int64_t row = 0; row < r.rows; ++row)
      StoreFloatAsU8(y + row * r.y_stride + c,
                     RoundToByte(Value(v, r.x + row * r.x_stride + c), zero, lo, hi), left);
  }
}

}  // namespace affine_inl
}  // namespace
}  // namespace kompakt
