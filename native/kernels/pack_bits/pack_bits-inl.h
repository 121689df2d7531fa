// pack_bits: whole bytes by the vectors of a tier, the rest one by one. The including file gives kF32Step and
// kU8Step (values that it packs at a time, multiples of 8) and PackF32 and PackU8. SPDX-License-Identifier:
// Apache-2.0
#include "native/kernels/pack_bits/pack_bits.h"

namespace kompakt {
namespace {
namespace pack_bits_inl {

template <typename T>
static void PackRest(const T* x, const T* threshold, const uint8_t* flip, uint8_t* y, int64_t count) {
  for (int64_t i = 0; i < count; i += 8, ++y, ++flip) {
    unsigned bits = 0;
    for (int64_t j = i; j < count && j < i + 8; ++j)
      bits |= static_cast<unsigned>(x[j] >= threshold[j]) << (j - i);
    *y = static_cast<uint8_t>(bits ^ *flip);
  }
}

static void F32(const float* x, const float* threshold, const uint8_t* flip, uint8_t* y, int64_t rows,
                int64_t count) {
  for (; rows > 0; --rows, x += count, y += (count + 7) / 8) {
    int64_t i = 0;
    for (; i + kF32Step <= count; i += kF32Step) PackF32(x + i, threshold + i, flip + i / 8, y + i / 8);
    PackRest(x + i, threshold + i, flip + i / 8, y + i / 8, count - i);
  }
}

static void U8(const uint8_t* x, const uint8_t* threshold, const uint8_t* flip, uint8_t* y, int64_t rows,
               int64_t count) {
  for (; rows > 0; --rows, x += count, y += (count + 7) / 8) {
    int64_t i = 0;
    for (; i + kU8Step <= count; i += kU8Step) PackU8(x + i, threshold + i, flip + i / 8, y + i / 8);
    PackRest(x + i, threshold + i, flip + i / 8, y + i / 8, count - i);
  }
}

}  // namespace pack_bits_inl
}  // namespace
}  // namespace kompakt
