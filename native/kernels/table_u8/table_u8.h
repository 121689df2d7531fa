// table_u8: any function of one byte, as a table of its 256 values.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "native/kernels/kernel.h"

namespace kompakt {

struct TableU8Kernel {
  /// y[i] = table[x[i]]. y may be x.
  void (*run)(const uint8_t* table, const uint8_t* x, uint8_t* y, int64_t count);
};

KernelList<TableU8Kernel> TableU8Kernels();
const TableU8Kernel& BestTableU8Kernel();

}  // namespace kompakt
