// pool_avx2: AVX2.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_X86_64
#include "native/cpu/region.h"
#include "native/kernels/pool/pool.h"
#include "native/simd/vec_avx2.h"

KPT_TIER_BEGIN_AVX2
#include "native/kernels/pool/pool-inl.h"

namespace kompakt {

extern const PoolKernel pool_avx2;
const PoolKernel pool_avx2 = {pool_inl::PoolBytes<pool_inl::Largest>,
                              pool_inl::PoolBytes<pool_inl::AnyBit>,
                              pool_inl::MaxF32,
                              pool_inl::AverageF32,
                              pool_inl::AverageU8,
                              pool_inl::ColumnSumsU8,
                              pool_inl::AverageSums};

}  // namespace kompakt

KPT_TIER_END
#endif
