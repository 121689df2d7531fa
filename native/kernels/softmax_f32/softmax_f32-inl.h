// softmax_f32 for the vectors of the including file.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/softmax_f32/softmax_f32.h"
#include "native/simd/floats-inl.h"
#include "native/simd/math-inl.h"

namespace kompakt {
namespace {
namespace softmax_inl {

using namespace simd;

struct SumExp : RowSum {
  KPT_VEC F32 Value(F32 x, F32 max) { return Exp(Sub(x, max)); }
};

static void RunRow(bool log, const float* x, float* y, int64_t count) {
  const float max_value = ReduceRow<RowMax>(x, count, 0.0f);
  const F32 max = Set(max_value);
  if (log) {
    const F32 log_sum = Log(Set(ReduceRow<SumExp>(x, count, max_value)));
    for (int64_t i = 0; i < count; i += kLanes)
      StoreSome(y + i, Sub(Sub(LoadSome(x + i, count - i), max), log_sum), count - i);
    return;
  }
  for (int64_t i = 0; i < count; i += kLanes)
    StoreSome(y + i, Exp(Sub(LoadSome(x + i, count - i), max)), count - i);
  const F32 sum = Set(ReduceRow<RowSum>(y, count, 0.0f));
  for (int64_t i = 0; i < count; i += kLanes)
    StoreSome(y + i, Div(LoadSome(y + i, count - i), sum), count - i);
}

static void RunColumns(bool log, const float* x, float* y, int64_t rows, int64_t stride, int64_t width) {
  for (int64_t c = 0; c < width; c += kLanes) {
    const int64_t left = width - c;
    const F32 max = ReduceColumns<RowMax>(x + c, rows, stride, left, Set(0.0f));
    F32 sum = Set(0.0f);
    for (int64_t r = 0; r < rows; ++r) {
      const F32 shifted = Sub(LoadSome(x + c + r * stride, left), max);
      const F32 power = Exp(shifted);
      sum = Add(sum, power);
      StoreSome(y + c + r * stride, log ? shifted : power, left);
    }
    const F32 log_sum = Log(sum);
    for (int64_t r = 0; r < rows; ++r) {
      const F32 v = LoadSome(y + c + r * stride, left);
      StoreSome(y + c + r * stride, log ? Sub(v, log_sum) : Div(v, sum), left);
    }
  }
}

}  // namespace softmax_inl
}  // namespace
}  // namespace kompakt
