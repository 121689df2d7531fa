// Tiers and dispatch of quantize_u8.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/quantize_u8/quantize_u8.h"

namespace kompakt {

#define KERNEL(tier, name) extern const QuantizeKernel name;
#include "native/kernels/quantize_u8/kernels.inc"
#undef KERNEL

KernelList<QuantizeKernel> QuantizeKernels() {
#define KERNEL(tier, name) {tier, #name, name},
  static const Kernel<QuantizeKernel> kTable[] = {
#include "native/kernels/quantize_u8/kernels.inc"
  };
#undef KERNEL
  return MakeKernelList(kTable);
}

const QuantizeKernel& BestQuantizeKernel() {
  static const QuantizeKernel& kBest = QuantizeKernels().Best();
  return kBest;
}

}  // namespace kompakt
