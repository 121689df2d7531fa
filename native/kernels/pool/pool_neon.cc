// pool_neon: Advanced SIMD.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_ARM64
#include "native/cpu/region.h"
#include "native/kernels/pool/pool.h"
#include "native/simd/vec_neon.h"

KPT_TIER_BEGIN_NEON
#include "native/kernels/pool/pool-inl.h"

namespace kompakt {

extern const PoolKernel pool_neon;
const PoolKernel pool_neon = {pool_inl::PoolBytes<pool_inl::Largest>,
                              pool_inl::PoolBytes<pool_inl::AnyBit>,
                              pool_inl::MaxF32,
                              pool_inl::AverageF32,
                              pool_inl::AverageU8,
                              pool_inl::ColumnSumsU8,
                              pool_inl::AverageSums};

}  // namespace kompakt

KPT_TIER_END_NEON
#endif
