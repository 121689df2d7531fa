// What is small runs alone, what is long or unknown late in a run is shared.
// SPDX-License-Identifier: Apache-2.0
#include "native/engine/step_costs.h"

#include "doctest/doctest.h"

namespace kompakt {
namespace {

using std::chrono::microseconds;

TEST_CASE("steps that were seen to be short stay with one thread, the others are shared") {
  StepCosts costs(3);
  const StepCosts::Clock::duration early{}, late = microseconds(5000);
  CHECK(costs.learning());
  CHECK(costs.AnyShared(0, 3));
  // Unknown: timed early in a run, shared late in it.
  CHECK(costs.Alone(0, early));
  CHECK_FALSE(costs.Alone(0, late));
  costs.Learn(0, microseconds(1));
  costs.Learn(1, microseconds(500));
  CHECK(costs.Alone(0, late));
  CHECK_FALSE(costs.Alone(1, early));
  // The least time counts: the first run meets cold caches.
  costs.Learn(1, microseconds(1));
  costs.Learn(1, microseconds(900));
  CHECK(costs.Alone(1));
  for (int run = 0; run < 3; ++run) {
    CHECK(costs.learning());
    costs.EndRun();
  }
  CHECK_FALSE(costs.learning());
  // Never timed: it was too late in every run, so it is part of something long.
  CHECK_FALSE(costs.Alone(2, early));
  CHECK_FALSE(costs.Alone(2));
  CHECK_FALSE(costs.AnyShared(0, 2));
  CHECK(costs.AnyShared(0, 3));
}

TEST_CASE("steps that are worth sharing may be too few to wake threads for") {
  StepCosts costs(20);
  for (size_t i = 0; i < 20; ++i) costs.Learn(i, microseconds(12));
  CHECK_FALSE(costs.Alone(0));
  CHECK_FALSE(costs.AnyShared(0, 4));
  CHECK(costs.AnyShared(0, 20));
}

/// How often of `runs` a plan of one step is shared whose run takes so long.
int SharedRuns(StepCosts* costs, int runs, microseconds shared, microseconds alone) {
  int count = 0;
  for (int run = 0; run < runs; ++run) {
    const bool shares = costs->SharesRun();
    if (shares) ++count;
    if (costs->trying()) costs->EndTrialRun(shares ? shared : alone);
  }
  return count;
}

StepCosts Learnt(microseconds step) {
  StepCosts costs(1);
  while (costs.learning()) {
    costs.Learn(0, step);
    costs.EndRun();
  }
  return costs;
}

TEST_CASE("short runs are tried both ways, and the faster is kept until it is tried again") {
  for (const bool pays : {true, false}) {
    StepCosts costs = Learnt(microseconds(300));
    const microseconds shared(pays ? 200 : 400);
    const int tried = SharedRuns(&costs, 32, shared, microseconds(300));
    CHECK(tried == 16);
    CHECK_FALSE(costs.trying());
    CHECK(SharedRuns(&costs, 1000, shared, microseconds(300)) == (pays ? 1000 : 0));
    // The other core is free now, or busy.
    SharedRuns(&costs, 10000, microseconds(pays ? 400 : 200), microseconds(300));
    CHECK(SharedRuns(&costs, 100, shared, microseconds(300)) == (pays ? 0 : 100));
  }
}

TEST_CASE("long runs are shared without a trial") {
  StepCosts costs = Learnt(microseconds(5000));
  CHECK(SharedRuns(&costs, 20000, microseconds(9000), microseconds(5000)) == 20000);
}

}  // namespace
}  // namespace kompakt
