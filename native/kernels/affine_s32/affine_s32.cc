// Tiers and dispatch of affine_s32.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/affine_s32/affine_s32.h"

namespace kompakt {

#define KERNEL(tier, name) extern const AffineS32Kernel name;
#include "native/kernels/affine_s32/kernels.inc"
#undef KERNEL

KernelList<AffineS32Kernel> AffineS32Kernels() {
#define KERNEL(tier, name) {tier, #name, name},
  static const Kernel<AffineS32Kernel> kTable[] = {
#include "native/kernels/affine_s32/kernels.inc"
  };
#undef KERNEL
  return MakeKernelList(kTable);
}

const AffineS32Kernel& BestAffineS32Kernel() {
  static const AffineS32Kernel& kBest = AffineS32Kernels().Best();
  return kBest;
}

}  // namespace kompakt
