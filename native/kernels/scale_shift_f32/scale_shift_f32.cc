// Tiers and dispatch of scale_shift_f32.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/scale_shift_f32/scale_shift_f32.h"

namespace kompakt {

#define KERNEL(tier, name) extern const ScaleShiftKernel name;
#include "native/kernels/scale_shift_f32/kernels.inc"
#undef KERNEL

KernelList<ScaleShiftKernel> ScaleShiftKernels() {
#define KERNEL(tier, name) {tier, #name, name},
  static const Kernel<ScaleShiftKernel> kTable[] = {
#include "native/kernels/scale_shift_f32/kernels.inc"
  };
#undef KERNEL
  return MakeKernelList(kTable);
}

const ScaleShiftKernel& BestScaleShiftKernel() {
  static const ScaleShiftKernel& kBest = ScaleShiftKernels().Best();
  return kBest;
}

}  // namespace kompakt
