// Executor: one long-lived thread per session that runs plans off the JavaScript thread, first come first
// served. It starts with the first asynchronous run and keeps the process alive only while work is pending.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <napi.h>

#include <memory>

#include "native/engine/plan.h"

namespace kompakt {

/// What JavaScript is told of a run: undefined when it is done, else "KPT_CODE message".
Napi::Value ResultOf(Napi::Env env, RunResult result);

class Executor {
 public:
  Executor() = default;
  /// Aborts what runs, forgets what waits, and joins the thread.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// A run will be submitted as soon as its inputs are copied: wakes the thread meanwhile, which goes back to
  /// sleep when none comes.
  void Expect();
  /// Queues steps [first, last); `done` is called on the JavaScript thread with ResultOf() the run. False
  /// when the system gives no thread: then nothing is queued.
  bool Submit(Napi::Env env, std::shared_ptr<Plan> plan, size_t first, size_t last, Napi::Function done);

  struct State;

 private:
  // Shared with the thread-safe function, whose finalizer may run after the executor is gone (a normal
  // release) or before (the environment closes first, as when a worker thread exits).
  std::shared_ptr<State> state_;
};

}  // namespace kompakt
