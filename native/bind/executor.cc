// SPDX-License-Identifier: Apache-2.0
#include "native/bind/executor.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "native/base/spin.h"
#include "native/base/thread.h"

namespace kompakt {
namespace {

struct Job {
  std::shared_ptr<Plan> plan;
  size_t first;
  size_t last;
  Napi::FunctionReference done;
  RunResult result = RunResult::kDone;
};

/// Deletes a job whose environment is closing: its reference must not be touched any more.
void Discard(Job* job) {
  job->done.SuppressDestruct();
  delete job;
}

void CallDone(Napi::Env env, Napi::Function, Executor::State* state, Job* job);
using Completion = Napi::TypedThreadSafeFunction<Executor::State, Job, &CallDone>;

}  // namespace

struct Executor::State {
  pthread_t thread;
  bool joinable = true;  // a state is kept only with its thread
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<Job*> queue;         // guarded by mutex
  bool expecting = false;         // guarded by mutex
  std::atomic<bool> due{false};   // there is a job, or the end
  std::shared_ptr<Plan> running;  // guarded by mutex
  bool stop = false;              // guarded by mutex
  Completion completion;
  int pending = 0;      // touched only on the JavaScript thread
  bool closed = false;  // touched only on the JavaScript thread

  void Loop() {
    while (true) {
      Job* job = nullptr;
      {
        std::unique_lock<std::mutex> lock(mutex);
        running.reset();
        due.store(stop || !queue.empty());
        wake.wait(lock, [this] { return stop || !queue.empty() || expecting; });
        if (stop) return;
        expecting = false;
        if (queue.empty()) {
          lock.unlock();
          SpinUntil([this] { return due.load(); });
          continue;
        }
        job = queue.front();
        queue.pop_front();
        running = job->plan;
      }
      job->result = job->plan->Run(job->first, job->last);
      if (completion.NonBlockingCall(job) != napi_ok) Discard(job);
    }
  }

  static void* Main(void* state) {
    static_cast<State*>(state)->Loop();
    return nullptr;
  }

  void Shutdown() {
    if (!joinable) return;
    joinable = false;
    {
      std::lock_guard<std::mutex> lock(mutex);
      stop = true;
      due.store(true);
      if (running) running->Abort();
      for (Job* job : queue) Discard(job);
      queue.clear();
    }
    wake.notify_one();
    pthread_join(thread, nullptr);
  }
};

namespace {

void CallDone(Napi::Env env, Napi::Function, Executor::State* state, Job* job) {
  if (env == nullptr) return Discard(job);
  if (--state->pending == 0) state->completion.Unref(env);
  Napi::HandleScope scope(env);
  const std::unique_ptr<Job> owned(job);
  napi_value error = ResultOf(env, job->result);
  // Not done.Call(): in a worker that is being ended JavaScript cannot run any more, and the wrapper would
  // end the process over it. An exception of the callback stays pending and reaches whoever called.
  napi_call_function(env, env.Undefined(), job->done.Value(), 1, &error, nullptr);
}

}  // namespace

Napi::Value ResultOf(Napi::Env env, RunResult result) {
  switch (result) {
    case RunResult::kAborted:
      return Napi::String::New(env, "KPT_ABORTED the run was aborted");
    case RunResult::kRefused:
      return Napi::String::New(env, "KPT_DATA_MALFORMED a tensor holds what a step cannot compute with");
    case RunResult::kDone:
      break;
  }
  return env.Undefined();
}

void Executor::Expect() {
  if (!state_ || state_->pending > 0) return;
  {
    std::lock_guard<std::mutex> lock(state_->mutex);
    state_->expecting = true;
  }
  state_->wake.notify_one();
}

bool Executor::Submit(Napi::Env env, std::shared_ptr<Plan> plan, size_t first, size_t last,
                      Napi::Function done) {
  if (!state_) {
    auto state = std::make_shared<State>();
    if (!StartThread(&state->thread, State::Main, state.get())) return false;
    state_ = std::move(state);
    auto* keep = new std::shared_ptr<State>(state_);
    state_->completion = Completion::New(
        env, "kompakt run", 0, 1, state_.get(),
        [](Napi::Env, std::shared_ptr<State>* kept, State*) {
          (*kept)->Shutdown();
          (*kept)->closed = true;
          delete kept;
        },
        keep);
    state_->completion.Unref(env);
  }
  if (state_->pending++ == 0) state_->completion.Ref(env);
  Job* job = new Job{std::move(plan), first, last, Napi::Persistent(done)};
  {
    std::lock_guard<std::mutex> lock(state_->mutex);
    state_->queue.push_back(job);
    state_->due.store(true);
  }
  state_->wake.notify_one();
  return true;
}

Executor::~Executor() {
  if (!state_) return;
  state_->Shutdown();
  if (!state_->closed) state_->completion.Release();
}

}  // namespace kompakt
