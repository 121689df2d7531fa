// Tiers and dispatch of optimizer_f32.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/optimizer_f32/optimizer_f32.h"

namespace kompakt {

#define KERNEL(tier, name) extern const OptimizerKernel name;
#include "native/kernels/optimizer_f32/kernels.inc"
#undef KERNEL

KernelList<OptimizerKernel> OptimizerKernels() {
#define KERNEL(tier, name) {tier, #name, name},
  static const Kernel<OptimizerKernel> kTable[] = {
#include "native/kernels/optimizer_f32/kernels.inc"
  };
#undef KERNEL
  return MakeKernelList(kTable);
}

const OptimizerKernel& BestOptimizerKernel() {
  static const OptimizerKernel& kBest = OptimizerKernels().Best();
  return kBest;
}

}  // namespace kompakt
