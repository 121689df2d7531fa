// Tiers and dispatch of pool.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/pool/pool.h"

namespace kompakt {

#define KERNEL(tier, name) extern const PoolKernel name;
#include "native/kernels/pool/kernels.inc"
#undef KERNEL

KernelList<PoolKernel> PoolKernels() {
#define KERNEL(tier, name) {tier, #name, name},
  static const Kernel<PoolKernel> kTable[] = {
#include "native/kernels/pool/kernels.inc"
  };
#undef KERNEL
  return MakeKernelList(kTable);
}

const PoolKernel& BestPoolKernel() {
  static const PoolKernel& kBest = PoolKernels().Best();
  return kBest;
}

}  // namespace kompakt
