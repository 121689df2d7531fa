// ThreadPool: one loop at a time, cut into chunks that the caller and whichever workers are awake take in
// turn.
//
// The loop's life is one atomic word: its number, an open bit and how many workers are inside. A worker joins
// only while the loop is open, so the caller never waits for one that is still asleep: it closes the loop
// when no chunk is left and then waits only for those inside. SPDX-License-Identifier: Apache-2.0
#include "native/base/thread_pool.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "native/base/check.h"

namespace kompakt {
namespace {

/// How long a thread spins before it sleeps: longer than the serial gap between two loops of a plan, shorter
/// than anything a power meter or another process would notice.
constexpr std::chrono::microseconds kSpinTime(30);

/// Chunks per thread: enough to even out a thread that starts late, few enough that taking them costs
/// nothing.
constexpr int64_t kChunksPerThread = 4;

constexpr uint64_t kOpen = uint64_t{1} << 16;
constexpr uint64_t kInside = kOpen - 1;
constexpr int kLoopShift = 17;

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
  const auto deadline = std::chrono::steady_clock::now() + kSpinTime;
  do {
    for (int i = 0; i < 16; ++i) {
      if (ready()) return true;
      Pause();
    }
  } while (std::chrono::steady_clock::now() < deadline);
  return ready();
}

}  // namespace

struct ThreadPool::State {
  struct Worker {
    State* state;
    int thread;
    pthread_t handle;
  };

  std::atomic<uint64_t> loop{0};
  std::atomic<int64_t> next_chunk{0};
  std::atomic<int> sleepers{0};
  std::atomic<bool> caller_sleeps{false};
  std::atomic<bool> inferring{false};
  std::atomic<uint32_t> inferences{0};
  std::atomic<bool> stop{false};

  // The open loop. Written only while it is closed and nobody is inside.
  Call call = nullptr;
  const void* body = nullptr;
  int64_t count = 0;
  int64_t chunk = 1;

  std::mutex mutex;
  std::condition_variable work;
  std::condition_variable done;
  std::vector<Worker> workers;

  bool HasWork(uint64_t seen) const {
    const uint64_t word = loop.load();
    return stop.load() || ((word & kOpen) != 0 && (word >> kLoopShift) != seen);
  }

  /// Goes inside the open loop unless it is `*seen`; `*seen` becomes its number.
  bool Join(uint64_t* seen) {
    uint64_t word = loop.load();
    while ((word & kOpen) != 0 && (word >> kLoopShift) != *seen) {
      if (!loop.compare_exchange_weak(word, word + 1)) continue;
      *seen = word >> kLoopShift;
      return true;
    }
    return false;
  }

  void Leave() {
    const uint64_t word = loop.fetch_sub(1) - 1;
    if ((word & (kInside | kOpen)) != 0 || !caller_sleeps.load()) return;
    std::lock_guard<std::mutex> lock(mutex);
    done.notify_one();
  }

  void TakeChunks(int thread) {
    for (;;) {
      const int64_t begin = next_chunk.fetch_add(1, std::memory_order_relaxed) * chunk;
      if (begin >= count) return;
      call(body, begin, std::min(begin + chunk, count), thread);
    }
  }

  /// Until there is a loop or another inference.
  void Sleep(uint64_t seen, uint32_t* inference) {
    std::unique_lock<std::mutex> lock(mutex);
    // Counted before the check: a caller that opens a loop after the check sees the count and notifies.
    sleepers.fetch_add(1);
    work.wait(lock, [&] { return HasWork(seen) || inferences.load() != *inference; });
    sleepers.fetch_sub(1);
    *inference = inferences.load();
  }

  void WakeSleepers() {
    if (sleepers.load() == 0) return;
    std::lock_guard<std::mutex> lock(mutex);
    work.notify_all();
  }

  void Work(int thread) {
    uint64_t seen = 0;
    uint32_t inference = 0;
    for (;;) {
      const bool ready = inferring.load() && SpinUntil([&] { return !inferring.load() || HasWork(seen); });
      if (!ready || !HasWork(seen)) Sleep(seen, &inference);
      if (stop.load()) return;
      if (!Join(&seen)) continue;
      TakeChunks(thread);
      Leave();
    }
  }

  static void* Main(void* argument) {
    const Worker* worker = static_cast<const Worker*>(argument);
    worker->state->Work(worker->thread);
    return nullptr;
  }
};

ThreadPool::ThreadPool(int threads) : threads_(std::max(threads, 1)), alone_(threads_ == 1) {
  if (threads_ == 1) return;
  state_ = std::make_unique<State>();
  state_->workers.resize(static_cast<size_t>(threads_ - 1));
  // Signals are for the host's own threads.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  size_t started = 0;
  for (State::Worker& worker : state_->workers) {
    worker.state = state_.get();
    worker.thread = static_cast<int>(started) + 1;
    // A system that gives fewer threads than asked for makes loops slower, not wrong.
    if (pthread_create(&worker.handle, nullptr, State::Main, &worker) != 0) break;
    ++started;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  state_->workers.resize(started);
}

ThreadPool::~ThreadPool() {
  if (state_ == nullptr) return;
  {
    std::lock_guard<std::mutex> lock(state_->mutex);
    state_->stop.store(true);
    state_->work.notify_all();
  }
  for (State::Worker& worker : state_->workers) pthread_join(worker.handle, nullptr);
}

void ThreadPool::BeginInference() {
  if (state_ == nullptr) return;
  state_->inferring.store(true);
  state_->inferences.fetch_add(1);
  state_->WakeSleepers();
}

void ThreadPool::EndInference() {
  if (state_ != nullptr) state_->inferring.store(false);
}

void ThreadPool::Dispatch(int64_t count, int64_t grain, Call call, const void* body) {
  State& s = *state_;
  KPT_ASSERT((s.loop.load() & (kOpen | kInside)) == 0);
  s.call = call;
  s.body = body;
  s.count = count;
  const int64_t pieces = threads_ * kChunksPerThread;
  s.chunk = std::max({grain, (count + pieces - 1) / pieces, int64_t{1}});
  s.next_chunk.store(0, std::memory_order_relaxed);
  const uint64_t number = (s.loop.load() >> kLoopShift) + 1;
  s.loop.store((number << kLoopShift) | kOpen);
  s.WakeSleepers();
  s.TakeChunks(0);
  s.loop.fetch_and(~kOpen);
  const auto empty = [&] { return (s.loop.load() & kInside) == 0; };
  if (SpinUntil(empty)) return;
  std::unique_lock<std::mutex> lock(s.mutex);
  s.caller_sleeps.store(true);
  s.done.wait(lock, empty);
  s.caller_sleeps.store(false);
}

}  // namespace kompakt
