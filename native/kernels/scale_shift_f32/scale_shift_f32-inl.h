// scale_shift_f32 for the vectors of the including file.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/scale_shift_f32/scale_shift_f32.h"
#include "native/simd/floats-inl.h"

namespace kompakt {
namespace {
namespace scale_shift_inl {

using namespace simd;

static void Run(const float* x, const float* scale, const float* shift, float* y, int64_t count) {
  for (int64_t i = 0; i < count; i += kLanes) {
    const int64_t left = count - i;
    const F32 product = Mul(LoadSome(x + i, left), LoadSome(scale + i, left));
    StoreSome(y + i, Add(product, LoadSome(shift + i, left)), left);
  }
}

static void RunPlane(const float* x, float scale, float shift, float* y, int64_t count) {
  const F32 factor = Set(scale), addend = Set(shift);
  for (int64_t i = 0; i < count; i += kLanes) {
    const int64_t left = count - i;
    StoreSome(y + i, Add(Mul(LoadSome(x + i, left), factor), addend), left);
  }
}

}  // namespace scale_shift_inl
}  // namespace
}  // namespace kompakt
