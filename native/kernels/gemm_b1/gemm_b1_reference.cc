// gemm_b1: the law, and the portable tier that always works.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/gemm_b1/gemm_b1.h"

namespace kompakt {
namespace {

constexpr int kWidth = 8;

int32_t CountBits(uint32_t v) {
  v -= (v >> 1) & 0x55555555u;
  v = (v & 0x33333333u) + ((v >> 2) & 0x33333333u);
  return static_cast<int32_t>((((v + (v >> 4)) & 0x0f0f0f0fu) * 0x01010101u) >> 24);
}

uint32_t LoadWord(const uint8_t* p) {
  uint32_t word = 0;
  for (int i = 0; i < 4; ++i) word |= static_cast<uint32_t>(p[i]) << (8 * i);
  return word;
}

void Count(const GemmB1Block& g, int64_t row, int32_t* pop) {
  for (int n = 0; n < kWidth; ++n) pop[n] = 0;
  const uint8_t* b = g.b;
  for (int t = 0; t < g.taps; ++t) {
    const uint8_t* a = g.a + g.row_offsets[row] + g.tap_offsets[t];
    for (int k = 0; k < g.tap_bytes; k += 4, b += 4 * kWidth)
      for (int n = 0; n < kWidth; ++n) pop[n] += CountBits(LoadWord(a + k) ^ LoadWord(b + 4 * n));
  }
}

}  // namespace

void GemmB1Reference(const GemmB1Block& g) {
  for (int64_t row = 0; row < g.rows; ++row) {
    int32_t pop[kWidth];
    Count(g, row, pop);
    const int32_t* table = g.table + (g.row_tables == nullptr ? 0 : g.row_tables[row]);
    if (g.to_bits) {
      unsigned bits = 0;
      for (int n = 0; n < kWidth; ++n) bits |= static_cast<unsigned>(pop[n] <= table[n]) << n;
      static_cast<uint8_t*>(g.y)[row * g.y_stride] = static_cast<uint8_t>(bits);
    } else {
      for (int n = 0; n < g.columns; ++n)
        static_cast<int32_t*>(g.y)[row * g.y_stride + n] = table[n] - 2 * pop[n];
    }
  }
}

}  // namespace kompakt
