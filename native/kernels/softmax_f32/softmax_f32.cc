// Tiers and dispatch of softmax_f32.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/softmax_f32/softmax_f32.h"

namespace kompakt {

#define KERNEL(tier, name) extern const SoftmaxKernel name;
#include "native/kernels/softmax_f32/kernels.inc"
#undef KERNEL

KernelList<SoftmaxKernel> SoftmaxKernels() {
#define KERNEL(tier, name) {tier, #name, name},
  static const Kernel<SoftmaxKernel> kTable[] = {
#include "native/kernels/softmax_f32/kernels.inc"
  };
#undef KERNEL
  return MakeKernelList(kTable);
}

const SoftmaxKernel& BestSoftmaxKernel() {
  static const SoftmaxKernel& kBest = SoftmaxKernels().Best();
  return kBest;
}

}  // namespace kompakt
