// pool_scalar: the reference: one lane, portable C++.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/region.h"
#include "native/kernels/pool/pool.h"
#include "native/simd/vec_scalar.h"

KPT_TIER_BEGIN_SCALAR
#include "native/kernels/pool/pool-inl.h"

namespace kompakt {

extern const PoolKernel pool_scalar;
const PoolKernel pool_scalar = {pool_inl::PoolBytes<pool_inl::Largest>,
                                pool_inl::PoolBytes<pool_inl::AnyBit>,
                                pool_inl::MaxF32,
                                pool_inl::AverageF32,
                                pool_inl::AverageU8,
                                pool_inl::ColumnSumsU8,
                                pool_inl::AverageSums};

}  // namespace kompakt

KPT_TIER_END_SCALAR
