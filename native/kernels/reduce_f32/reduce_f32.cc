// Names, tiers and dispatch of reduce_f32.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/reduce_f32/reduce_f32.h"

namespace kompakt {

#define KERNEL(tier, name) extern const ReduceKernel name;
#include "native/kernels/reduce_f32/kernels.inc"
#undef KERNEL

bool ParseReduceKind(const std::string& name, ReduceKind* out) {
  static constexpr const char* kNames[] = {"sum", "mean", "max",        "min",        "prod",
                                           "l1",  "l2",   "sum_square", "log_sum_exp"};
  for (int i = 0; i < 9; ++i) {
    if (name != kNames[i]) continue;
    *out = static_cast<ReduceKind>(i);
    return true;
  }
  return false;
}

KernelList<ReduceKernel> ReduceKernels() {
#define KERNEL(tier, name) {tier, #name, name},
  static const Kernel<ReduceKernel> kTable[] = {
#include "native/kernels/reduce_f32/kernels.inc"
  };
#undef KERNEL
  return MakeKernelList(kTable);
}

const ReduceKernel& BestReduceKernel() {
  static const ReduceKernel& kBest = ReduceKernels().Best();
  return kBest;
}

}  // namespace kompakt
