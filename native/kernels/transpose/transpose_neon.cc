// transpose_neon: interleaving vectors of 16 bytes.
// SPDX-License-Identifier: Apache-2.0
#include "native/cpu/tier.h"
#if KPT_ARM64
#include <arm_neon.h>

#include "native/cpu/region.h"
#include "native/kernels/transpose/transpose.h"
#include "native/simd/vec.h"

KPT_TIER_BEGIN_NEON
namespace kompakt {
namespace {
namespace transpose_inl {

using Vector = uint8x16_t;

KPT_VEC Vector LoadVector(const void* p) { return vld1q_u8(static_cast<const uint8_t*>(p)); }
KPT_VEC void StoreVector(void* p, Vector v) { vst1q_u8(static_cast<uint8_t*>(p), v); }
/// Byte i is byte order[i] of v.
KPT_VEC Vector PickBytes(Vector v, Vector order) { return vqtbl1q_u8(v, order); }
KPT_VEC Vector ZipLow(Vector a, Vector b, uint8_t) { return vzip1q_u8(a, b); }
KPT_VEC Vector ZipHigh(Vector a, Vector b, uint8_t) { return vzip2q_u8(a, b); }
KPT_VEC Vector ZipLow(Vector a, Vector b, uint16_t) {
  return vreinterpretq_u8_u16(vzip1q_u16(vreinterpretq_u16_u8(a), vreinterpretq_u16_u8(b)));
}
KPT_VEC Vector ZipHigh(Vector a, Vector b, uint16_t) {
  return vreinterpretq_u8_u16(vzip2q_u16(vreinterpretq_u16_u8(a), vreinterpretq_u16_u8(b)));
}
KPT_VEC Vector ZipLow(Vector a, Vector b, uint32_t) {
  return vreinterpretq_u8_u32(vzip1q_u32(vreinterpretq_u32_u8(a), vreinterpretq_u32_u8(b)));
}
KPT_VEC Vector ZipHigh(Vector a, Vector b, uint32_t) {
  return vreinterpretq_u8_u32(vzip2q_u32(vreinterpretq_u32_u8(a), vreinterpretq_u32_u8(b)));
}
KPT_VEC Vector ZipLow(Vector a, Vector b, uint64_t) {
  return vreinterpretq_u8_u64(vzip1q_u64(vreinterpretq_u64_u8(a), vreinterpretq_u64_u8(b)));
}
KPT_VEC Vector ZipHigh(Vector a, Vector b, uint64_t) {
  return vreinterpretq_u8_u64(vzip2q_u64(vreinterpretq_u64_u8(a), vreinterpretq_u64_u8(b)));
}

}  // namespace transpose_inl
}  // namespace
}  // namespace kompakt

#include "native/kernels/transpose/transpose-inl.h"

namespace kompakt {

extern const TransposeKernel transpose_neon;
const TransposeKernel transpose_neon = {transpose_inl::Run<uint8_t>, transpose_inl::Run<uint16_t>,
                                        transpose_inl::Run<uint32_t>, transpose_inl::Run<uint64_t>};

}  // namespace kompakt

KPT_TIER_END_NEON
#endif
