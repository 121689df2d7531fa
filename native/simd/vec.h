// What the vec_*.h headers share. Their functions have internal linkage: a translation unit of another tier
// can never be given their code. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#define KPT_VEC [[maybe_unused]] static inline __attribute__((always_inline))
