// How threads wait for what comes soon. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sched.h>

#include <chrono>

namespace kompakt {

/// How long a thread spins without giving way to others: longer than most gaps between two loops of a plan.
constexpr std::chrono::microseconds kSpinTime(30);

/// How long it then goes on looking, and yields in between, before it sleeps: longer than any step that one
/// thread runs alone. To be woken takes as long as many a loop, and outside of inferences nobody spins.
constexpr std::chrono::microseconds kYieldTime(2000);

inline void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield" ::: "memory");
#endif
}

/// Spins until `ready()` or until the time is over; true when ready.
template <typename Ready>
bool SpinUntil(const Ready& ready) {
  const auto start = std::chrono::steady_clock::now();
  for (;;) {
    for (int i = 0; i < 16; ++i) {
      if (ready()) return true;
      Pause();
    }
    const auto passed = std::chrono::steady_clock::now() - start;
    if (passed >= kYieldTime) return ready();
    if (passed >= kSpinTime) sched_yield();
  }
}

}  // namespace kompakt
