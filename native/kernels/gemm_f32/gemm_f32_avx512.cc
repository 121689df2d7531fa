// gemm_f32_avx512: AVX-512.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_X86_64
#include "native/cpu/region.h"
#include "native/kernels/gemm_f32/gemm_f32.h"
#include "native/simd/dot_avx512.h"

KPT_TIER_BEGIN_AVX512VNNI
#include "native/kernels/gemm_f32/gemm_f32_tile-inl.h"

namespace kompakt {

void gemm_f32_avx512(int rows, int vectors, int64_t count, const GemmF32Tile& tile) {
  switch (vectors) {
    case 1:
      return gemm_f32_inl::ComputeRows<1, 12>(rows, count, tile);
    case 2:
      return gemm_f32_inl::ComputeRows<2, 12>(rows, count, tile);
    case 3:
      return gemm_f32_inl::ComputeRows<3, 8>(rows, count, tile);
    case 4:
      return gemm_f32_inl::ComputeRows<4, 6>(rows, count, tile);
  }
}

}  // namespace kompakt

KPT_TIER_END
#endif
