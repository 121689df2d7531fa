// dwconv_s8: the table of kernels and the choice of one.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/dwconv_s8/dwconv_s8.h"

namespace kompakt {

#define KERNEL(tier, stem, ...)              \
  void stem##Fill(const DwConvS8Fill& fill); \
  void stem##Run(const DwConvS8Row& row);
#include "native/kernels/dwconv_s8/kernels.inc"
#undef KERNEL

namespace {

constexpr DwConvS8Kernel kKernels[] = {
#define KERNEL(tier, stem, name, quads, wide, x_offset, min_weight) \
  {tier, name, quads, wide, x_offset, min_weight, stem##Fill, stem##Run},
#include "native/kernels/dwconv_s8/kernels.inc"
#undef KERNEL
};
constexpr size_t kCount = sizeof(kKernels) / sizeof(kKernels[0]);

}  // namespace

const DwConvS8Kernel* DwConvS8Kernels(size_t* count) {
  *count = kCount;
  return kKernels;
}

const DwConvS8Kernel& ChooseDwConvS8() {
  for (const DwConvS8Kernel& kernel : kKernels)
    if (HasTier(kernel.tier)) return kernel;
  return kKernels[kCount - 1];
}

}  // namespace kompakt
