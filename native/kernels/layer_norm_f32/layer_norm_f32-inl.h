// layer_norm_f32 for the vectors of the including file.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/layer_norm_f32/layer_norm_f32.h"
#include "native/simd/floats-inl.h"

namespace kompakt {
namespace {
namespace layer_norm_inl {

using namespace simd;

struct SquaredDifference : RowSum {
  KPT_VEC F32 Value(F32 x, F32 mean) {
    const F32 difference = Sub(x, mean);
    return Mul(difference, difference);
  }
};

static void RunRow(const float* x, const float* scale, const float* bias, float epsilon, float* y,
                   int64_t count) {
  const float n = static_cast<float>(count);
  const float mean_value = ReduceRow<RowSum>(x, count, 0.0f) / n;
  const float variance = ReduceRow<SquaredDifference>(x, count, mean_value) / n;
  const F32 mean = Set(mean_value), deviation = Sqrt(Set(variance + epsilon));
  for (int64_t i = 0; i < count; i += kLanes) {
    const int64_t left = count - i;
    F32 v = Div(Sub(LoadSome(x + i, left), mean), deviation);
    if (scale != nullptr) v = Mul(v, LoadSome(scale + i, left));
    if (bias != nullptr) v = Add(v, LoadSome(bias + i, left));
    StoreSome(y + i, v, left);
  }
}

}  // namespace layer_norm_inl
}  // namespace
}  // namespace kompakt
