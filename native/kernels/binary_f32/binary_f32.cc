// Names, tiers and dispatch of binary_f32.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/binary_f32/binary_f32.h"

namespace kompakt {

#define KERNEL(tier, name) \
  void name(BinaryKind kind, const float* a, int a_step, const float* b, int b_step, float* y, int64_t count);
#include "native/kernels/binary_f32/kernels.inc"
#undef KERNEL

bool ParseBinaryKind(const std::string& name, BinaryKind* out) {
  static constexpr const char* kNames[] = {"add", "sub", "mul", "div", "max", "min", "pow", "prelu"};
  for (int i = 0; i < 8; ++i) {
    if (name != kNames[i]) continue;
    *out = static_cast<BinaryKind>(i);
    return true;
  }
  return false;
}

KernelList<BinaryF32Fn> BinaryF32Kernels() {
#define KERNEL(tier, name) {tier, #name, name},
  static constexpr Kernel<BinaryF32Fn> kTable[] = {
#include "native/kernels/binary_f32/kernels.inc"
  };
#undef KERNEL
  return MakeKernelList(kTable);
}

void BinaryF32(BinaryKind kind, const float* a, int a_step, const float* b, int b_step, float* y,
               int64_t count) {
  static const BinaryF32Fn kRun = BinaryF32Kernels().Best();
  kRun(kind, a, a_step, b, b_step, y, count);
}

}  // namespace kompakt
