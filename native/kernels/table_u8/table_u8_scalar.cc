// table_u8_scalar: the reference.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/table_u8/table_u8.h"

namespace kompakt {
namespace {

void Run(const uint8_t* table, const uint8_t* x, uint8_t* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = table[x[i]];
}

}  // namespace

extern const TableU8Kernel table_u8_scalar;
const TableU8Kernel table_u8_scalar = {Run};

}  // namespace kompakt
