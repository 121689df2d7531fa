// Which tiers this CPU and operating system have, and KOMPAKT_FORCE_TIER.
// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <cstring>

#include "native/cpu/tier.h"

#if KPT_X86_64
#include <cpuid.h>
#endif
#if KPT_ARM64 && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace kompakt {
namespace {

struct TierEntry {
  Tier tier;
  const char* name;
  uint32_t includes;  // lower tiers that come with it
};

// Ascending. One line per tier.
constexpr TierEntry kTiers[] = {
    {kScalar, "scalar", 0},
    {kAvx2, "avx2", 0},
    {kAvxVnni, "avxvnni", kAvx2},
    {kAvx512Vnni, "avx512vnni", kAvx2},
    {kAvx512Vbmi, "avx512vbmi", kAvx2 | kAvx512Vnni},
    {kAvx512Popcnt, "avx512popcnt", kAvx2 | kAvx512Vnni | kAvx512Vbmi},
    {kNeon, "neon", 0},
    {kNeonDotprod, "dotprod", kNeon},
    {kNeonI8mm, "i8mm", kNeon | kNeonDotprod},
};

uint32_t Detect() {
  uint32_t tiers = 0;
#if KPT_X86_64
  // __builtin_cpu_supports also asks XGETBV whether the operating system saves the wide registers.
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) tiers |= kAvx2;
  if ((tiers & kAvx2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512vnni"))
    tiers |= kAvx512Vnni;
  if ((tiers & kAvx512Vnni) && __builtin_cpu_supports("avx512vbmi")) tiers |= kAvx512Vbmi;
  if ((tiers & kAvx512Vnni) && __builtin_cpu_supports("avx512vpopcntdq")) tiers |= kAvx512Popcnt;
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  // AVX-VNNI: CPUID leaf 7, subleaf 1, EAX bit 4 (older compilers have no name for it).
  if ((tiers & kAvx2) && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) && (eax & (1u << 4)))
    tiers |= kAvxVnni;
#elif KPT_ARM64
  tiers |= kNeon;
#if defined(__linux__)
  constexpr unsigned long kHwcapAsimdDp = 1ul << 20, kHwcap2I8mm = 1ul << 13;
  if (getauxval(AT_HWCAP) & kHwcapAsimdDp) tiers |= kNeonDotprod;
  if ((tiers & kNeonDotprod) && (getauxval(AT_HWCAP2) & kHwcap2I8mm)) tiers |= kNeonI8mm;
#elif defined(__APPLE__)
  tiers |= kNeonDotprod;
#endif
#endif
  const char* forced = std::getenv("KOMPAKT_FORCE_TIER");
  if (forced == nullptr || *forced == '\0') return tiers;
  for (const TierEntry& entry : kTiers)
    if (std::strcmp(entry.name, forced) == 0) return tiers & (entry.tier | entry.includes);
  return tiers;
}

}  // namespace

uint32_t SupportedTiers() {
  static const uint32_t tiers = Detect();
  return tiers;
}

const char* TierName(Tier tier) {
  for (const TierEntry& entry : kTiers)
    if (entry.tier == tier) return entry.name;
  return "unknown";
}

std::vector<Tier> UsableTiers() {
  std::vector<Tier> tiers;
  for (const TierEntry& entry : kTiers)
    if (HasTier(entry.tier)) tiers.push_back(entry.tier);
  return tiers;
}

Tier BestTier() { return UsableTiers().back(); }

}  // namespace kompakt
