// table_u8_neon: 16 lookups at a time. TBL gives 0 and TBX keeps the byte where an index is beyond its 64
// bytes. SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_ARM64
#include <arm_neon.h>

#include "native/cpu/region.h"
#include "native/kernels/table_u8/table_u8.h"

KPT_TIER_BEGIN_NEON
namespace kompakt {
namespace {

static void Run(const uint8_t* table, const uint8_t* x, uint8_t* y, int64_t count) {
  const uint8x16x4_t quarter0 = vld1q_u8_x4(table), quarter1 = vld1q_u8_x4(table + 64);
  const uint8x16x4_t quarter2 = vld1q_u8_x4(table + 128), quarter3 = vld1q_u8_x4(table + 192);
  const uint8x16_t step = vdupq_n_u8(64);
  int64_t i = 0;
  for (; i + 16 <= count; i += 16) {
    uint8x16_t index = vld1q_u8(x + i);
    uint8x16_t v = vqtbl4q_u8(quarter0, index);
    index = vsubq_u8(index, step);
    v = vqtbx4q_u8(v, quarter1, index);
    index = vsubq_u8(index, step);
    v = vqtbx4q_u8(v, quarter2, index);
    index = vsubq_u8(index, step);
    vst1q_u8(y + i, vqtbx4q_u8(v, quarter3, index));
  }
  for (; i < count; ++i) y[i] = table[x[i]];
}

}  // namespace

extern const TableU8Kernel table_u8_neon;
const TableU8Kernel table_u8_neon = {Run};

}  // namespace kompakt

KPT_TIER_END_NEON
#endif
