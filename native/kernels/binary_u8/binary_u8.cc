// Tiers and dispatch of binary_u8.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/binary_u8/binary_u8.h"

namespace kompakt {

#define KERNEL(tier, name) extern const BinaryU8Kernel name;
#include "native/kernels/binary_u8/kernels.inc"
#undef KERNEL

KernelList<BinaryU8Kernel> BinaryU8Kernels() {
#define KERNEL(tier, name) {tier, #name, name},
  static const Kernel<BinaryU8Kernel> kTable[] = {
#include "native/kernels/binary_u8/kernels.inc"
  };
#undef KERNEL
  return MakeKernelList(kTable);
}

const BinaryU8Kernel& BestBinaryU8Kernel() {
  static const BinaryU8Kernel& kBest = BinaryU8Kernels().Best();
  return kBest;
}

}  // namespace kompakt
