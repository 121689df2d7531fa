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
  costs.Learn(0, microseconds(3));
  costs.Learn(1, microseconds(500));
  CHECK(costs.Alone(0, late));
  CHECK_FALSE(costs.Alone(1, early));
  // The least time counts: the first run meets cold caches.
  costs.Learn(1, microseconds(2));
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

}  // namespace
}  // namespace kompakt
