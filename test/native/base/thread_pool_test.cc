// ThreadPool: every index once, thread numbers never shared, any number of pools. Run it under the thread
// sanitizer.
#include "native/base/thread_pool.h"

#include <doctest/doctest.h>

#include <atomic>
#include <vector>

namespace kompakt::testing {
namespace {

TEST_CASE("ParallelFor covers every index once and never shares a thread number") {
  for (int threads = 1; threads <= 5; ++threads) {
    ThreadPool pool(threads);
    CHECK(pool.threads() == threads);
    for (int64_t count : {0, 1, 2, 3, 7, 64, 1000})
      for (int64_t grain : {1, 3, 64}) {
        std::vector<int> hits(static_cast<size_t>(count));
        std::vector<std::atomic<int>> inside(static_cast<size_t>(threads));
        std::atomic<int> clashes{0}, cuts_below_grain{0};
        pool.BeginInference();
        pool.ParallelFor(count, grain, [&](int64_t begin, int64_t end, int thread) {
          if (inside[static_cast<size_t>(thread)].fetch_add(1) != 0) ++clashes;
          if (end - begin < grain && end != count) ++cuts_below_grain;
          for (int64_t i = begin; i < end; ++i) ++hits[static_cast<size_t>(i)];
          inside[static_cast<size_t>(thread)].fetch_sub(1);
        });
        pool.EndInference();
        for (int hit : hits) CHECK(hit == 1);
        CHECK(clashes == 0);
        CHECK(cuts_below_grain == 0);
      }
  }
}

TEST_CASE("a loop sees what the loop before it wrote") {
  ThreadPool pool(4);
  std::vector<int64_t> values(512, 0);
  pool.BeginInference();
  for (int64_t round = 0; round < 500; ++round)
    pool.ParallelFor(512, 1, [&](int64_t begin, int64_t end, int) {
      // Each index is written by whichever thread comes: only the barrier makes this right.
      for (int64_t i = begin; i < end; ++i) values[static_cast<size_t>(511 - i)] += 1;
    });
  pool.EndInference();
  for (int64_t value : values) CHECK(value == 500);
}

TEST_CASE("every thread begins with its own part, from the other end where the loop is mirrored") {
  constexpr int kThreads = 4, kCount = 400;
  ThreadPool pool(kThreads);
  for (const bool mirrored : {false, true}) {
    std::vector<std::atomic<int64_t>> first(kThreads);
    for (auto& value : first) value = -1;
    std::atomic<int> there{0};
    pool.BeginInference();
    pool.ParallelFor(kCount, 1, mirrored, [&](int64_t begin, int64_t, int thread) {
      if (first[static_cast<size_t>(thread)] >= 0) return;
      first[static_cast<size_t>(thread)] = begin;
      // Nobody goes on, and takes what is not its own, before all have come.
      ++there;
      while (there < kThreads) {
      }
    });
    pool.EndInference();
    for (int64_t t = 0; t < kThreads; ++t)
      CHECK(first[static_cast<size_t>(t)] == (mirrored ? kThreads - 1 - t : t) * kCount / kThreads);
  }
}

TEST_CASE("pools come and go, used or not, inside an inference or not") {
  int64_t total = 0;
  for (int i = 0; i < 2000; ++i) {
    ThreadPool pool(1 + i % 4);
    if (i % 3 == 0) pool.BeginInference();
    if (i % 2 == 0) {
      std::atomic<int64_t> sum{0};
      pool.ParallelFor(10, 1, [&](int64_t begin, int64_t end, int) { sum += end - begin; });
      total += sum;
    }
    if (i % 6 == 0) pool.EndInference();
  }
  CHECK(total == 10000);
}

}  // namespace
}  // namespace kompakt::testing
