// binary_f32 for the vectors of the including file.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/binary_f32/binary_f32.h"
#include "native/kernels/binary_f32/powers-inl.h"
#include "native/simd/floats-inl.h"

namespace kompakt {
namespace {
namespace binary_inl {

using namespace simd;

KPT_VEC F32 MaxOrNan(F32 a, F32 b) { return Select(IsNan(a), a, Max(a, b)); }
KPT_VEC F32 MinOrNan(F32 a, F32 b) { return Select(IsNan(a), a, Min(a, b)); }

#define KPT_BINARY_LIST(BINARY) \
  BINARY(Add, Add(a, b))        \
  BINARY(Sub, Sub(a, b))        \
  BINARY(Mul, Mul(a, b))        \
  BINARY(Div, Div(a, b))        \
  BINARY(Max, MaxOrNan(a, b))   \
  BINARY(Min, MinOrNan(a, b))   \
  BINARY(Prelu, Select(Lt(a, Set(0.0f)), Mul(a, b), a))

#define KPT_BINARY_STRUCT(Name, value)                \
  struct Op##Name {                                   \
    KPT_VEC F32 Apply(F32 a, F32 b) { return value; } \
  };
KPT_BINARY_LIST(KPT_BINARY_STRUCT)
#undef KPT_BINARY_STRUCT

template <typename Op, int kStepA, int kStepB>
static void Map(const float* a, const float* b, float* y, int64_t count) {
  for (int64_t i = 0; i < count; i += kLanes) {
    const int64_t left = count - i;
    const F32 va = kStepA == 0 ? Set(*a) : LoadSome(a + i, left);
    const F32 vb = kStepB == 0 ? Set(*b) : LoadSome(b + i, left);
    StoreSome(y + i, Op::Apply(va, vb), left);
  }
}

template <typename Op>
static void MapSteps(const float* a, int a_step, const float* b, int b_step, float* y, int64_t count) {
  if (a_step == 0) return b_step == 0 ? Map<Op, 0, 0>(a, b, y, count) : Map<Op, 0, 1>(a, b, y, count);
  return b_step == 0 ? Map<Op, 1, 0>(a, b, y, count) : Map<Op, 1, 1>(a, b, y, count);
}

static void Run(BinaryKind kind, const float* a, int a_step, const float* b, int b_step, float* y,
                int64_t count) {
  switch (kind) {
    case BinaryKind::kPow:
      return pow_inl::Powers(a, a_step, b, b_step, y, count);
#define KPT_BINARY_CASE(Name, value) \
  case BinaryKind::k##Name:          \
    return MapSteps<Op##Name>(a, a_step, b, b_step, y, count);
      KPT_BINARY_LIST(KPT_BINARY_CASE)
#undef KPT_BINARY_CASE
  }
}
#undef KPT_BINARY_LIST

}  // namespace binary_inl
}  // namespace
}  // namespace kompakt
