// CPU tiers: one bit each. A kernel file belongs to exactly one tier and runs only where detection found all
// that the tier promises. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#if defined(__x86_64__) || defined(_M_X64)
#define KPT_X86_64 1
#else
#define KPT_X86_64 0
#endif
#if defined(__aarch64__) || defined(_M_ARM64)
#define KPT_ARM64 1
#else
#define KPT_ARM64 0
#endif

namespace kompakt {

enum Tier : uint32_t {
  /// Portable C++: the reference. Always there.
  kScalar = 0,
  /// Haswell / Zen and newer: AVX2 and FMA.
  kAvx2 = 1u << 0,
  /// Alder Lake / Sierra Forest and newer: AVX2 plus AVX-VNNI (vpdpbusd on ymm, VEX encoded).
  kAvxVnni = 1u << 1,
  /// Cascade Lake and newer: AVX-512 F, BW, DQ, VL and VNNI.
  kAvx512Vnni = 1u << 2,
  /// AArch64 baseline (Cortex-A72, A57, A53): Advanced SIMD.
  kNeon = 1u << 3,
  /// Armv8.2 dot product (Cortex-A76, A78AE, A55).
  kNeonDotprod = 1u << 4,
  /// Armv8.6 int8 matrix multiply (Cortex-A710, Neoverse N2).
  kNeonI8mm = 1u << 5,
  /// Ice Lake / Zen 4 and newer: AVX-512 VNNI with the byte permutations that Cascade Lake lacks.
  kAvx512Vbmi = 1u << 6,
  /// Ice Lake / Zen 4 and newer: AVX-512 VNNI with VPOPCNTDQ.
  kAvx512Popcnt = 1u << 7,
};

/// Bits of all tiers that this CPU has, cut to KOMPAKT_FORCE_TIER (scalar, avx2, avxvnni, avx512vnni,
/// avx512vbmi, avx512popcnt, neon, dotprod, i8mm) and the tiers below it, when that is set. Detected once.
uint32_t SupportedTiers();

/// True when kernels of `tier` may run.
inline bool HasTier(Tier tier) { return tier == kScalar || (SupportedTiers() & tier) != 0; }

/// "avx512vnni", "dotprod", ...: the word used in KOMPAKT_FORCE_TIER, docs and tests.
const char* TierName(Tier tier);

/// The tiers that are supported, the best one last.
std::vector<Tier> UsableTiers();

/// The best tier that is supported.
Tier BestTier();

}  // namespace kompakt
