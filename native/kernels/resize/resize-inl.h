// resize for the vectors of the including file.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/resize/resize.h"
#include "native/simd/bytes-inl.h"
#include "native/simd/floats-inl.h"

namespace kompakt {
namespace {
namespace resize_inl {

using namespace simd;

KPT_VEC F32 LoadPixel(const float* p, int64_t count) { return LoadSome(p, count); }
KPT_VEC F32 LoadPixel(const uint8_t* p, int64_t count) { return LoadU8AsFloat(p, count); }
KPT_VEC void StorePixel(float* p, F32 v, int64_t count) { StoreSome(p, v, count); }
KPT_VEC void StorePixel(uint8_t* p, F32 v, int64_t count) {
  StoreFloatAsU8(p, RoundToByte(v, Set(0.0f), Set(0.0f), Set(255.0f)), count);
}

template <typename T>
static void Run(const T* const* taps, const float* h_weights, const float* w_weights, int count, T* y,
                int64_t channels) {
  for (int64_t c = 0; c < channels; c += kLanes) {
    const int64_t left = channels - c;
    F32 sum = Set(0.0f);
    for (int t = 0; t < count; ++t) {
      F32 row = Mul(Set(w_weights[0]), LoadPixel(taps[t * count] + c, left));
      for (int u = 1; u < count; ++u)
        row = Add(row, Mul(Set(w_weights[u]), LoadPixel(taps[t * count + u] + c, left)));
      const F32 term = Mul(Set(h_weights[t]), row);
      sum = t == 0 ? term : Add(sum, term);
    }
    StorePixel(y + c, sum, left);
  }
}

}  // namespace resize_inl
}  // namespace
}  // namespace kompakt
