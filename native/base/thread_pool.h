// ThreadPool: parallel loops for the steps of a plan, nothing else. Workers sleep between inferences and spin
// between the loops of one. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>

namespace kompakt {

class ThreadPool {
 public:
  /// `threads` counts the caller: 1 makes no worker at all.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return threads_; }

  /// Calls body(begin, end, thread) over disjoint ranges that cover [0, count), and returns when all are
  /// done. `thread` is in [0, threads()) and no two concurrent calls share it (scratch memory can be indexed
  /// by it). `grain`: ranges are not cut smaller than this. Results must not depend on the cut. Only one
  /// thread at a time may call ParallelFor; body must not call it again.
  ///
  /// Thread t begins with part t of [0, count): where the same items of one loop and the next belong to the
  /// same part of an image, or to the same weights, a core finds them in its own cache. `mirrored`: item i is
  /// count - 1 - i of that, for loops that walk backwards.
  template <typename Body>
  void ParallelFor(int64_t count, int64_t grain, bool mirrored, const Body& body) {
    if (alone_ || count <= grain) {
      if (count > 0) body(int64_t{0}, count, 0);
      return;
    }
    Dispatch(
        count, grain, mirrored,
        [](const void* b, int64_t begin, int64_t end, int thread) {
          (*static_cast<const Body*>(b))(begin, end, thread);
        },
        &body);
  }
  template <typename Body>
  void ParallelFor(int64_t count, int64_t grain, const Body& body) {
    ParallelFor(count, grain, false, body);
  }

  /// Between Begin and End workers may spin while they wait for the next loop; outside they sleep. Begin
  /// wakes them, so that they are there when the first loop is; an inference that shares no loop needs
  /// neither.
  void BeginInference();
  void EndInference();
  /// While on, loops run on the calling thread: for work that is not worth sharing. Called by the thread that
  /// calls ParallelFor.
  void SetAlone(bool alone) { alone_ = alone || threads_ == 1; }

 private:
  using Call = void (*)(const void* body, int64_t begin, int64_t end, int thread);
  void Dispatch(int64_t count, int64_t grain, bool mirrored, Call call, const void* body);

  struct State;
  int threads_;
  bool alone_;
  std::unique_ptr<State> state_;
};

}  // namespace kompakt
