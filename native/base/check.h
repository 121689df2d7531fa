// KPT_ASSERT: invariants, checked in builds without NDEBUG (tests, sanitizers). Bad input is never an
// assertion: it is a Status at the place where it enters. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cassert>

#define KPT_ASSERT(condition) assert(condition)
#define KPT_RESTRICT __restrict
#define KPT_ALWAYS_INLINE inline __attribute__((always_inline))
#define KPT_NOINLINE __attribute__((noinline))

/// In front of a loop whose count the compiler knows: unrolls it fully, so that arrays indexed in it become
/// registers.
#if defined(__clang__)
#define KPT_UNROLL _Pragma("clang loop unroll(full)")
#else
#define KPT_UNROLL _Pragma("GCC unroll 32")
#endif
