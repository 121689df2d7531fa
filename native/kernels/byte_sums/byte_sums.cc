// Tiers and dispatch of byte_sums.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/byte_sums/byte_sums.h"

namespace kompakt {

#define KERNEL(tier, name) extern const ByteSumsKernel name;
#include "native/kernels/byte_sums/kernels.inc"
#undef KERNEL

KernelList<ByteSumsKernel> ByteSumsKernels() {
#define KERNEL(tier, name) {tier, #name, name},
  static const Kernel<ByteSumsKernel> kTable[] = {
#include "native/kernels/byte_sums/kernels.inc"
  };
#undef KERNEL
  return MakeKernelList(kTable);
}

const ByteSumsKernel& BestByteSumsKernel() {
  static const ByteSumsKernel& kBest = ByteSumsKernels().Best();
  return kBest;
}

}  // namespace kompakt
