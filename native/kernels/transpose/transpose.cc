// Tiers and dispatch of transpose.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/transpose/transpose.h"

namespace kompakt {

#define KERNEL(tier, name) extern const TransposeKernel name;
#include "native/kernels/transpose/kernels.inc"
#undef KERNEL

KernelList<TransposeKernel> TransposeKernels() {
#define KERNEL(tier, name) {tier, #name, name},
  static const Kernel<TransposeKernel> kTable[] = {
#include "native/kernels/transpose/kernels.inc"
  };
#undef KERNEL
  return MakeKernelList(kTable);
}

const TransposeKernel& BestTransposeKernel() {
  static const TransposeKernel& kBest = TransposeKernels().Best();
  return kBest;
}

}  // namespace kompakt
