// batch_norm_f32 for the vectors of the including file. Channels outside, rows inside: what belongs to a
// channel stays in registers. SPDX-License-Identifier: Apache-2.0
#include "native/kernels/batch_norm_f32/batch_norm_f32.h"
#include "native/simd/floats-inl.h"

namespace kompakt {
namespace {
namespace batch_norm_inl {

using namespace simd;

static void Moments(const float* x, int64_t rows, int64_t channels, float* mean, float* squares) {
  const F32 count = Set(static_cast<float>(rows));
  for (int64_t c = 0; c < channels; c += kLanes) {
    const int64_t left = channels - c;
    F32 sum = Set(0.0f), square = Set(0.0f);
    for (int64_t r = 0; r < rows; ++r) sum = Add(sum, LoadSome(x + r * channels + c, left));
    const F32 middle = Div(sum, count);
    for (int64_t r = 0; r < rows; ++r) {
      const F32 d = Sub(LoadSome(x + r * channels + c, left), middle);
      square = Fma(d, d, square);
    }
    StoreSome(mean + c, middle, left);
    StoreSome(squares + c, square, left);
  }
}

static void Normalize(const float* x, int64_t rows, int64_t channels, const float* mean, const float* factor,
                      const float* shift, float* y) {
  for (int64_t c = 0; c < channels; c += kLanes) {
    const int64_t left = channels - c;
    const F32 m = LoadSome(mean + c, left), f = LoadSome(factor + c, left), s = LoadSome(shift + c, left);
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t at = r * channels + c;
      StoreSome(y + at, Fma(Sub(LoadSome(x + at, left), m), f, s), left);
    }
  }
}

static void Products(const float* dy, const float* x, int64_t rows, int64_t channels, const float* mean,
                     float* sums, float* products) {
  for (int64_t c = 0; c < channels; c += kLanes) {
    const int64_t left = channels - c;
    const F32 m = LoadSome(mean + c, left);
    F32 sum = Set(0.0f), product = Set(0.0f);
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t at = r * channels + c;
      const F32 d = LoadSome(dy + at, left);
      sum = Add(sum, d);
      product = Fma(d, Sub(LoadSome(x + at, left), m), product);
    }
    StoreSome(sums + c, sum, left);
    StoreSome(products + c, product, left);
  }
}

static void Gradient(const float* dy, const float* x, int64_t rows, int64_t channels, const float* mean,
                     const float* a, const float* b, const float* c, float* dx) {
  for (int64_t i = 0; i < channels; i += kLanes) {
    const int64_t left = channels - i;
    const F32 m = LoadSome(mean + i, left), va = LoadSome(a + i, left), vb = LoadSome(b + i, left);
    const F32 vc = LoadSome(c + i, left);
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t at = r * channels + i;
      const F32 d = Sub(LoadSome(x + at, left), m);
      StoreSome(dx + at, Fma(va, LoadSome(dy + at, left), Fma(vb, d, vc)), left);
    }
  }
}

}  // namespace batch_norm_inl
}  // namespace
}  // namespace kompakt
