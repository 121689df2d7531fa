// Tiers and dispatch of resize.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/resize/resize.h"

namespace kompakt {

#define KERNEL(tier, name) extern const ResizeKernel name;
#include "native/kernels/resize/kernels.inc"
#undef KERNEL

KernelList<ResizeKernel> ResizeKernels() {
#define KERNEL(tier, name) {tier, #name, name},
  static const Kernel<ResizeKernel> kTable[] = {
#include "native/kernels/resize/kernels.inc"
  };
#undef KERNEL
  return MakeKernelList(kTable);
}

const ResizeKernel& BestResizeKernel() {
  static const ResizeKernel& kBest = ResizeKernels().Best();
  return kBest;
}

}  // namespace kompakt
