// NativeSession and NativePlan: the classes that run/native.ts sees. Arguments were validated in TypeScript;
// what could still harm memory is checked again here. Failures come back as strings "KPT_CODE message",
// successes as undefined. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <napi.h>

#include <memory>
#include <string>
#include <vector>

#include "native/bind/executor.h"
#include "native/engine/plan.h"
#include "native/engine/session.h"

namespace kompakt {

/// new NativeSession(threads, cache handle?)
class NativeSession : public Napi::ObjectWrap<NativeSession> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit NativeSession(const Napi::CallbackInfo& info);
  ~NativeSession() override;
  std::shared_ptr<Session> session() const { return session_; }
  std::shared_ptr<Executor> shared_executor() const { return executor_; }
  /// Tells the garbage collector how much memory hangs on this object.
  void ReportMemory(Napi::Env env);
  /// Lets go of the arrays behind the constants that were added: their plan is made, or will not be.
  void ForgetSources();

 private:
  Napi::Value AddConstant(const Napi::CallbackInfo& info);
  // (bytes: Uint8Array, shape: string, rows, columns, element bytes) -> index
  // (path, identity, description, programs: Uint8Array[]) -> failure or undefined
  Napi::Value SaveCache(const Napi::CallbackInfo& info);
  Napi::Value Bytes(const Napi::CallbackInfo& info);
  void Forget(const Napi::CallbackInfo& info);
  void Release(const Napi::CallbackInfo& info);

  std::shared_ptr<Session> session_;
  std::shared_ptr<Executor> executor_;
  std::vector<Napi::Reference<Napi::Uint8Array>> sources_;
  int64_t reported_ = 0;
};

/// new NativePlan(session, program: Uint8Array); `error` is set when the program was refused.
class NativePlan : public Napi::ObjectWrap<NativePlan> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit NativePlan(const Napi::CallbackInfo& info);
  ~NativePlan() override;

 private:
  Napi::Value Error(const Napi::CallbackInfo& info);
  Napi::Value Write(const Napi::CallbackInfo& info);  // (tensor id, view)
  Napi::Value Read(const Napi::CallbackInfo& info);   // (tensor id, view)
  Napi::Value Run(const Napi::CallbackInfo& info);    // (first, last)
  void Expect(const Napi::CallbackInfo& info);
  Napi::Value RunAsync(const Napi::CallbackInfo& info);  // (first, last, done: (error?: string) => void)
  Napi::Value Bind(
      const Napi::CallbackInfo& info);  // (input ids, input views, output ids, output views) -> step
  void Abort(const Napi::CallbackInfo& info);
  void ClearAbort(const Napi::CallbackInfo& info);
  void SetProfiling(const Napi::CallbackInfo& info);    // (on)
  Napi::Value Profile(const Napi::CallbackInfo& info);  // -> Float64Array-like list of nanoseconds per step
  Napi::Value Refusal(const Napi::CallbackInfo& info);  // -> { step, what, value, low, high } | undefined
  Napi::Value ArenaBytes(const Napi::CallbackInfo& info);
  void Release(const Napi::CallbackInfo& info);

  Napi::Value Copy(const Napi::CallbackInfo& info, bool write);

  std::shared_ptr<Plan> plan_;
  std::shared_ptr<Executor> executor_;
  std::string error_;
  int64_t reported_ = 0;
};

}  // namespace kompakt
