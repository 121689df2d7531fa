// pool_avx512: AVX-512.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_X86_64
#include "native/cpu/region.h"
#include "native/kernels/pool/pool.h"
#include "native/simd/vec_avx512.h"

KPT_TIER_BEGIN_AVX512VNNI
#include "native/kernels/pool/pool-inl.h"

namespace kompakt {

extern const PoolKernel pool_avx512;
const PoolKernel pool_avx512 = {pool_inl::PoolBytes<pool_inl::Largest>,
                                pool_inl::PoolBytes<pool_inl::AnyBit>,
                                pool_inl::MaxF32,
                                pool_inl::AverageF32,
                                pool_inl::AverageU8,
                                pool_inl::ColumnSumsU8,
                                pool_inl::AverageSums};

}  // namespace kompakt

KPT_TIER_END
#endif
