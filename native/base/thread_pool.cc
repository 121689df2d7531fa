// ThreadPool: one loop at a time, cut into chunks. Every thread has a share of them, which it takes from the
// front; when it is empty, it takes from the back of the others', so nobody waits for a worker that is late.
//
// The loop's life is one atomic word: its number, an open bit and how many workers are inside. A worker joins
// only while the loop is open, so the caller never waits for one that is still asleep: it closes the loop
// when no chunk is left and then waits only for those inside. SPDX-License-Identifier: Apache-2.0
#include "native/base/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "native/base/check.h"
#include "native/base/spin.h"
#include "native/base/thread.h"

namespace kompakt {
namespace {

/// Chunks per thread: enough to even out a thread that starts late, few enough that taking them costs
/// nothing.
constexpr int64_t kChunksPerThread = 4;

constexpr uint64_t kOpen = uint64_t{1} << 16;
constexpr uint64_t kInside = kOpen - 1;
constexpr int kLoopShift = 17;

/// The chunks of one thread that nobody has taken: [front, back), in one word so that both ends can be taken
/// from at once.
struct alignas(64) Share {
  std::atomic<uint64_t> range{0};

  void Set(uint32_t front, uint32_t back) { range.store(uint64_t{front} << 32 | back); }

  /// A chunk from the front, or from the back; false when there is none.
  bool Take(bool from_front, uint32_t* chunk) {
    uint64_t word = range.load(std::memory_order_relaxed);
    for (;;) {
      const uint32_t front = static_cast<uint32_t>(word >> 32), back = static_cast<uint32_t>(word);
      if (front >= back) return false;
      *chunk = from_front ? front : back - 1;
      const uint64_t left =
          from_front ? uint64_t{front + 1} << 32 | back : uint64_t{front} << 32 | (back - 1);
      if (range.compare_exchange_weak(word, left, std::memory_order_acq_rel)) return true;
    }
  }
};

}  // namespace

struct ThreadPool::State {
  struct Worker {
    State* state;
    int thread;
    pthread_t handle;
  };

  std::atomic<uint64_t> loop{0};
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
  std::vector<Share> shares;  // by thread

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

  void RunChunk(uint32_t index, int thread) {
    const int64_t begin = index * chunk;
    call(body, begin, std::min(begin + chunk, count), thread);
  }

  /// First those of the thread itself, then what others have left.
  void TakeChunks(int thread) {
    const size_t threads = shares.size();
    uint32_t index = 0;
    while (shares[static_cast<size_t>(thread)].Take(true, &index)) RunChunk(index, thread);
    for (size_t i = 1; i < threads; ++i)
      while (shares[(static_cast<size_t>(thread) + i) % threads].Take(false, &index)) RunChunk(index, thread);
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
  state_->shares = std::vector<Share>(static_cast<size_t>(threads_));
  size_t started = 0;
  for (State::Worker& worker : state_->workers) {
    worker.state = state_.get();
    worker.thread = static_cast<int>(started) + 1;
    // A system that gives fewer threads than asked for makes loops slower, not wrong.
    if (!StartThread(&worker.handle, State::Main, &worker)) break;
    ++started;
  }
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

void ThreadPool::Dispatch(int64_t count, int64_t grain, bool mirrored, Call call, const void* body) {
  State& s = *state_;
  KPT_ASSERT((s.loop.load() & (kOpen | kInside)) == 0);
  s.call = call;
  s.body = body;
  s.count = count;
  s.chunk = std::max({grain, count / (threads_ * kChunksPerThread), int64_t{1}});
  const int64_t chunks = (count + s.chunk - 1) / s.chunk;
  for (int64_t t = 0; t < threads_; ++t) {
    const int64_t part = mirrored ? threads_ - 1 - t : t;
    s.shares[static_cast<size_t>(t)].Set(static_cast<uint32_t>(part * chunks / threads_),
                                         static_cast<uint32_t>((part + 1) * chunks / threads_));
  }
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
