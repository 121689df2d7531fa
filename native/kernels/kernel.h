// The tiers of one kernel as a table: made from a kernels.inc, best tier first, the reference (kScalar) last.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>

#include "native/cpu/tier.h"

namespace kompakt {

/// One tier of a kernel family. Fn is a function pointer or a struct of them.
template <typename Fn>
struct Kernel {
  Tier tier;
  const char* name;
  Fn run;
};

template <typename Fn>
struct KernelList {
  const Kernel<Fn>* first;
  size_t count;

  const Kernel<Fn>* begin() const { return first; }
  const Kernel<Fn>* end() const { return first + count; }

  /// The best kernel that this CPU may run.
  const Fn& Best() const {
    for (const Kernel<Fn>& kernel : *this)
      if (HasTier(kernel.tier)) return kernel.run;
    return first[count - 1].run;
  }
};

template <typename Fn, size_t kCount>
constexpr KernelList<Fn> MakeKernelList(const Kernel<Fn> (&table)[kCount]) {
  return {table, kCount};
}

}  // namespace kompakt
