// StepCosts: which steps of a plan are worth sharing among threads, learnt from the first runs. A loop that
// is shared costs a few microseconds on top, which small steps do not give back; how long a step takes on
// this device only the device knows. Results do not depend on it. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace kompakt {

class StepCosts {
 public:
  using Clock = std::chrono::steady_clock;

  explicit StepCosts(size_t steps = 0) : nanoseconds_(steps, kUnknown) {}

  /// True while steps [first, last) are to be timed.
  bool learning() const { return runs_ < kRuns; }
  void EndRun() {
    if (learning()) ++runs_;
  }

  /// Whether the step is run by one thread. `since`: how long this run takes so far; a long one is not slowed
  /// down for the sake of what might be small.
  bool Alone(size_t step, Clock::duration since) const {
    if (nanoseconds_[step] == kUnknown) return learning() && since < std::chrono::nanoseconds(kPatience);
    return nanoseconds_[step] < kWorthSharing;
  }
  bool Alone(size_t step) const { return nanoseconds_[step] < kWorthSharing; }

  /// Takes the time of a step that one thread ran.
  void Learn(size_t step, Clock::duration time) {
    const auto taken =
        static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(time).count());
    if (taken < nanoseconds_[step]) nanoseconds_[step] = taken;
  }

  /// Whether any of the steps is worth waking threads for.
  bool AnyShared(size_t first, size_t last) const {
    for (size_t i = first; i < last; ++i)
      if (!Alone(i)) return true;
    return false;
  }

 private:
  static constexpr uint64_t kUnknown = UINT64_MAX;
  static constexpr uint64_t kWorthSharing = 20'000;
  static constexpr int64_t kPatience = 1'000'000;
  static constexpr int kRuns = 3;

  std::vector<uint64_t> nanoseconds_;
  int runs_ = 0;
};

}  // namespace kompakt
