// pack_bits_scalar: the reference: one value at a time, portable C++.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/pack_bits/pack_bits.h"

namespace kompakt {
namespace {

template <typename T>
void Pack(const T* x, const T* threshold, const uint8_t* flip, uint8_t* y, int64_t rows, int64_t count) {
  for (; rows > 0; --rows, x += count, y += (count + 7) / 8)
    for (int64_t i = 0; i < count; ++i) {
      if (i % 8 == 0) y[i / 8] = flip[i / 8];
      y[i / 8] = static_cast<uint8_t>(y[i / 8] ^ (x[i] >= threshold[i] ? 1 << i % 8 : 0));
    }
}

}  // namespace

extern const PackBitsKernel pack_bits_scalar;
const PackBitsKernel pack_bits_scalar = {Pack<float>, Pack<uint8_t>};

}  // namespace kompakt
