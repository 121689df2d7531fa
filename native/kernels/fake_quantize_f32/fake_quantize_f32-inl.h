// fake_quantize_f32 for the vectors of the including file.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/fake_quantize_f32/fake_quantize_f32.h"
#include "native/simd/floats-inl.h"

namespace kompakt {
namespace {
namespace fake_quantize_inl {

using namespace simd;

struct Bounds {
  F32 low, high, inner;
};

KPT_VEC Bounds BoundsOf(const FakeQuantizeParams& params) {
  return {Set(params.low), Set(params.high), Set(params.inner)};
}

/// The integer is never -0: adding 0 makes it 0.
KPT_VEC F32 Quantized(const Bounds& bounds, F32 scale, F32 x) {
  const F32 steps = Div(x, scale);
  const F32 clamped = Min(Max(Add(Round(steps), Set(0.0f)), bounds.low), bounds.high);
  return Mul(Select(IsNan(steps), Set(0.0f), clamped), scale);
}

static void Row(const FakeQuantizeParams& params, float scale, const float* x, float* y, int64_t count) {
  const Bounds bounds = BoundsOf(params);
  const F32 s = Set(scale);
  for (int64_t i = 0; i < count; i += kLanes)
    StoreSome(y + i, Quantized(bounds, s, LoadSome(x + i, count - i)), count - i);
}

static void Each(const FakeQuantizeParams& params, const float* scales, const float* x, float* y,
                 int64_t count) {
  const Bounds bounds = BoundsOf(params);
  for (int64_t i = 0; i < count; i += kLanes) {
    const int64_t left = count - i;
    StoreSome(y + i, Quantized(bounds, LoadSome(scales + i, left), LoadSome(x + i, left)), left);
  }
}

/// dx, and in `term` what the element gives to the gradient of the scale.
KPT_VEC F32 Slopes(const Bounds& bounds, F32 scale, F32 dy, F32 x, F32* term) {
  const F32 steps = Div(x, scale);
  const Mask above = Lt(bounds.low, steps), below = Lt(steps, bounds.high);
  const F32 error = Mul(bounds.inner, Sub(Round(steps), steps));
  const F32 beyond = Select(Le(steps, bounds.low), bounds.low, bounds.high);
  *term = Mul(dy, Select(above, Select(below, error, beyond), beyond));
  return Select(above, Select(below, dy, Set(0.0f)), Set(0.0f));
}

static float GradientRow(const FakeQuantizeParams& params, float scale, const float* dy, const float* x,
                         float* dx, int64_t count) {
  const Bounds bounds = BoundsOf(params);
  const F32 s = Set(scale);
  float terms[kFakeQuantizePiece];
  float sum = 0.0f;
  for (int64_t begin = 0; begin < count; begin += kFakeQuantizePiece) {
    const int64_t size = count - begin < kFakeQuantizePiece ? count - begin : kFakeQuantizePiece;
    for (int64_t i = 0; i < size; i += kLanes) {
      const int64_t left = size - i, at = begin + i;
      F32 term;
      const F32 d = Slopes(bounds, s, LoadSome(dy + at, left), LoadSome(x + at, left), &term);
      StoreSome(dx + at, d, left);
      StoreSome(terms + i, term, left);
    }
    sum += ReduceRow<RowSum>(terms, size, 0.0f);
  }
  return sum;
}

static void GradientColumns(const FakeQuantizeParams& params, const float* scales, const float* dy,
                            const float* x, float* dx, int64_t rows, int64_t columns, float* sums) {
  const Bounds bounds = BoundsOf(params);
  for (int64_t c = 0; c < columns; c += kLanes) {
    const int64_t left = columns - c;
    // Lanes past the end divide 0 by 0; nothing of them is stored.
    const F32 s = LoadSome(scales + c, left);
    F32 sum = Set(0.0f);
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t at = r * columns + c;
      F32 term;
      const F32 d = Slopes(bounds, s, LoadSome(dy + at, left), LoadSome(x + at, left), &term);
      StoreSome(dx + at, d, left);
      sum = Add(sum, term);
    }
    StoreSome(sums + c, sum, left);
  }
}

}  // namespace fake_quantize_inl
}  // namespace
}  // namespace kompakt
