// Tiers and dispatch of fake_quantize_f32.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/fake_quantize_f32/fake_quantize_f32.h"

namespace kompakt {

#define KERNEL(tier, name) extern const FakeQuantizeKernel name;
#include "native/kernels/fake_quantize_f32/kernels.inc"
#undef KERNEL

KernelList<FakeQuantizeKernel> FakeQuantizeKernels() {
#define KERNEL(tier, name) {tier, #name, name},
  static const Kernel<FakeQuantizeKernel> kTable[] = {
#include "native/kernels/fake_quantize_f32/kernels.inc"
  };
#undef KERNEL
  return MakeKernelList(kTable);
}

const FakeQuantizeKernel& BestFakeQuantizeKernel() {
  static const FakeQuantizeKernel& kBest = FakeQuantizeKernels().Best();
  return kBest;
}

}  // namespace kompakt
