// StepCosts: which steps of a plan are worth sharing among threads, learnt from the first runs. A loop that
// is shared costs up to a microsecond on top, and a plan that shares any wakes the threads first, which takes
// tens of them; how long a step takes on this device only the device knows. Results do not depend on it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <array>
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
    if (!learning() || ++runs_ < kRuns) return;
    if (SharedTime(0, nanoseconds_.size()) < kSurelyPays) runs_since_ = kRunsBetweenTrials;
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

  /// Whether the steps that would be shared are together worth waking threads for.
  bool AnyShared(size_t first, size_t last) const { return SharedTime(first, last) >= kWorthWaking; }

  /// Whether a whole run is to be shared, that AnyShared says may be. What is short is tried both ways, a few
  /// runs at a time, and now and then again: how long sleepers take to come nobody knows beforehand.
  bool SharesRun() {
    if (!trying_ && runs_since_ >= kRunsBetweenTrials) {
      trying_ = true;
      tried_ = 0;
    }
    if (trying_) return tried_ / kTrialRuns % 2 == 0;
    ++runs_since_;
    return pays_;
  }
  /// True while the times of whole runs decide.
  bool trying() const { return trying_; }
  void EndTrialRun(Clock::duration time) {
    // The first of a few is not counted: threads and caches change over.
    const size_t run = tried_ % kTrialRuns, round = tried_ / kTrialRuns / 2;
    if (run > 0) times_[tried_ / kTrialRuns % 2][round * (kTrialRuns - 1) + run - 1] = time;
    if (++tried_ < kTrialRuns * kTrialRounds * 2) return;
    const auto median = [](Times& times) {
      std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
      return times[times.size() / 2];
    };
    pays_ = median(times_[0]) <= median(times_[1]);
    trying_ = false;
    runs_since_ = 0;
  }

 private:
  uint64_t SharedTime(size_t first, size_t last) const {
    uint64_t shared = 0;
    for (size_t i = first; i < last; ++i) {
      if (nanoseconds_[i] == kUnknown) return kUnknown;
      if (!Alone(i)) shared += nanoseconds_[i];
    }
    return shared;
  }

  static constexpr uint64_t kUnknown = UINT64_MAX;
  /// Twice what a loop costs that is shared with threads that are awake. A step that is not shared fetches
  /// what the others have made from their caches, and they fetch it back afterwards: that costs as much.
  static constexpr uint64_t kWorthSharing = 2'000;
  /// Threads that sleep take about as long as half of this to come.
  static constexpr uint64_t kWorthWaking = 60'000;
  /// Longer runs are shared without a trial.
  static constexpr uint64_t kSurelyPays = 1'500'000;
  static constexpr size_t kTrialRuns = 4, kTrialRounds = 4;
  static constexpr int kRunsBetweenTrials = 5000;
  static constexpr int64_t kPatience = 1'000'000;
  static constexpr int kRuns = 3;

  std::vector<uint64_t> nanoseconds_;
  int runs_ = 0;
  bool trying_ = false, pays_ = true;
  size_t tried_ = 0;
  /// Never reached unless there is a doubt.
  int64_t runs_since_ = INT64_MIN;
  using Times = std::array<Clock::duration, (kTrialRuns - 1) * kTrialRounds>;
  std::array<Times, 2> times_;  // of runs shared, and alone
};

}  // namespace kompakt
