// KPT_ASSERT: invariants, checked in builds without NDEBUG (tests, sanitizers). Bad input is never an
// assertion: it is a Status at the place where it enters. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cassert>

#define KPT_ASSERT(condition) assert(condition)
#define KPT_RESTRICT __restrict
#define KPT_ALWAYS_INLINE inline __attribute__((always_inline))
