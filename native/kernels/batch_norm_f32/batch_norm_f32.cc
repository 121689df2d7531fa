// Tiers and dispatch of batch_norm_f32.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/batch_norm_f32/batch_norm_f32.h"

namespace kompakt {

#define KERNEL(tier, name) extern const BatchNormKernel name;
#include "native/kernels/batch_norm_f32/kernels.inc"
#undef KERNEL

KernelList<BatchNormKernel> BatchNormKernels() {
#define KERNEL(tier, name) {tier, #name, name},
  static const Kernel<BatchNormKernel> kTable[] = {
#include "native/kernels/batch_norm_f32/kernels.inc"
  };
#undef KERNEL
  return MakeKernelList(kTable);
}

const BatchNormKernel& BestBatchNormKernel() {
  static const BatchNormKernel& kBest = BatchNormKernels().Best();
  return kBest;
}

}  // namespace kompakt
