// Tiers and dispatch of pack_bits.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/pack_bits/pack_bits.h"

namespace kompakt {

#define KERNEL(tier, name) extern const PackBitsKernel name;
#include "native/kernels/pack_bits/kernels.inc"
#undef KERNEL

KernelList<PackBitsKernel> PackBitsKernels() {
#define KERNEL(tier, name) {tier, #name, name},
  static const Kernel<PackBitsKernel> kTable[] = {
#include "native/kernels/pack_bits/kernels.inc"
  };
#undef KERNEL
  return MakeKernelList(kTable);
}

const PackBitsKernel& BestPackBitsKernel() {
  static const PackBitsKernel& kBest = PackBitsKernels().Best();
  return kBest;
}

}  // namespace kompakt
