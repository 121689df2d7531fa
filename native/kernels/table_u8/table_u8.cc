// Tiers and dispatch of table_u8.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/table_u8/table_u8.h"

namespace kompakt {

#define KERNEL(tier, name) extern const TableU8Kernel name;
#include "native/kernels/table_u8/kernels.inc"
#undef KERNEL

KernelList<TableU8Kernel> TableU8Kernels() {
#define KERNEL(tier, name) {tier, #name, name},
  static const Kernel<TableU8Kernel> kTable[] = {
#include "native/kernels/table_u8/kernels.inc"
  };
#undef KERNEL
  return MakeKernelList(kTable);
}

const TableU8Kernel& BestTableU8Kernel() {
  static const TableU8Kernel& kBest = TableU8Kernels().Best();
  return kBest;
}

}  // namespace kompakt
