// Tiers and dispatch of layer_norm_f32.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/layer_norm_f32/layer_norm_f32.h"

namespace kompakt {

#define KERNEL(tier, name) extern const LayerNormKernel name;
#include "native/kernels/layer_norm_f32/kernels.inc"
#undef KERNEL

KernelList<LayerNormKernel> LayerNormKernels() {
#define KERNEL(tier, name) {tier, #name, name},
  static const Kernel<LayerNormKernel> kTable[] = {
#include "native/kernels/layer_norm_f32/kernels.inc"
  };
#undef KERNEL
  return MakeKernelList(kTable);
}

const LayerNormKernel& BestLayerNormKernel() {
  static const LayerNormKernel& kBest = LayerNormKernels().Best();
  return kBest;
}

}  // namespace kompakt
