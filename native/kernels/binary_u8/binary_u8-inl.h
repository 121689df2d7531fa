// binary_u8 for the vectors of the including file.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/binary_u8/binary_u8.h"
#include "native/simd/bytes-inl.h"

namespace kompakt {
namespace {
namespace binary_u8_inl {

using namespace simd;

struct OpAdd {
  KPT_VEC F32 Apply(F32 a, F32 b, F32 a_factor, F32 b_factor) {
    return Add(Mul(a_factor, a), Mul(b_factor, b));
  }
};
struct OpMul {
  KPT_VEC F32 Apply(F32 a, F32 b, F32 factor, F32) { return Mul(Mul(a, b), factor); }
};

template <typename Op, int kStepA, int kStepB>
static void Map(const BinaryU8Params& params, const uint8_t* a, const uint8_t* b, uint8_t* y, int64_t count) {
  const F32 a_factor = Set(params.a_factor), b_factor = Set(params.b_factor);
  const F32 a_zero = Set(static_cast<float>(params.a_zero)), b_zero = Set(static_cast<float>(params.b_zero));
  const F32 y_zero = Set(static_cast<float>(params.y_zero));
  const F32 lo = Set(static_cast<float>(params.lo)), hi = Set(static_cast<float>(params.hi));
  for (int64_t i = 0; i < count; i += kLanes) {
    const int64_t left = count - i;
    const F32 va = kStepA == 0 ? Set(static_cast<float>(*a)) : LoadU8AsFloat(a + i, left);
    const F32 vb = kStepB == 0 ? Set(static_cast<float>(*b)) : LoadU8AsFloat(b + i, left);
    const F32 v = Op::Apply(Sub(va, a_zero), Sub(vb, b_zero), a_factor, b_factor);
    StoreFloatAsU8(y + i, RoundToByte(v, y_zero, lo, hi), left);
  }
}

template <typename Op>
static void Run(const BinaryU8Params& params, const uint8_t* a, int a_step, const uint8_t* b, int b_step,
                uint8_t* y, int64_t count) {
  if (a_step == 0) {
    return b_step == 0 ? Map<Op, 0, 0>(params, a, b, y, count) : Map<Op, 0, 1>(params, a, b, y, count);
  }
  return b_step == 0 ? Map<Op, 1, 0>(params, a, b, y, count) : Map<Op, 1, 1>(params, a, b, y, count);
}

}  // namespace binary_u8_inl
}  // namespace
}  // namespace kompakt
