// dwconv_f32: the table of tiers.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/dwconv_f32/dwconv_f32.h"

namespace kompakt {

#define KERNEL(tier, function) void function(const DwconvF32Row& row);
#include "native/kernels/dwconv_f32/kernels.inc"
#undef KERNEL

KernelList<DwconvF32Fn> DwconvF32Kernels() {
#define KERNEL(tier, function) {tier, #function, function},
  static constexpr Kernel<DwconvF32Fn> kTable[] = {
#include "native/kernels/dwconv_f32/kernels.inc"
  };
#undef KERNEL
  return MakeKernelList(kTable);
}

}  // namespace kompakt
