// Tiers and dispatch of gradient_f32.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/gradient_f32/gradient_f32.h"

namespace kompakt {

#define KERNEL(tier, name) extern const GradientKernel name;
#include "native/kernels/gradient_f32/kernels.inc"
#undef KERNEL

KernelList<GradientKernel> GradientKernels() {
#define KERNEL(tier, name) {tier, #name, name},
  static const Kernel<GradientKernel> kTable[] = {
#include "native/kernels/gradient_f32/kernels.inc"
  };
#undef KERNEL
  return MakeKernelList(kTable);
}

const GradientKernel& BestGradientKernel() {
  static const GradientKernel& kBest = GradientKernels().Best();
  return kBest;
}

}  // namespace kompakt
