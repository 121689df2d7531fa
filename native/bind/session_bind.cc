// SPDX-License-Identifier: Apache-2.0
#include "native/bind/session_bind.h"

#include <algorithm>
#include <vector>

#include "native/bind/arena_copy.h"
#include "native/bind/bound_step.h"
#include "native/bind/plan_cache_bind.h"
#include "native/bind/values.h"

namespace kompakt {
namespace {

constexpr int kMaxThreads = 256;

Napi::Value Failure(Napi::Env env, const char* code, const std::string& message) {
  return Napi::String::New(env, std::string(code) + " " + message);
}

void AdjustMemory(Napi::Env env, int64_t bytes, int64_t* reported) {
  Napi::MemoryManagement::AdjustExternalMemory(env, bytes - *reported);
  *reported = bytes;
}

std::vector<uint32_t> Ids(const Napi::Value& value) {
  std::vector<uint32_t> ids;
  if (!value.IsArray()) return ids;
  const Napi::Array array = value.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); ++i) ids.push_back(Uint32Of(array.Get(i)));
  return ids;
}

}  // namespace

Napi::Function NativeSession::Define(Napi::Env env) {
  return DefineClass(
      env, "NativeSession",
      {InstanceMethod<&NativeSession::AddConstant>("addConstant"),
       InstanceMethod<&NativeSession::Forget>("forgetSources"),
       InstanceMethod<&NativeSession::Bytes>("bytes"), InstanceMethod<&NativeSession::Release>("release"),
       InstanceMethod<&NativeSession::SaveCache>("saveCache")});
}

NativeSession::NativeSession(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativeSession>(info) {
  // In a worker that is being ended nothing is wrapped any more, and nobody would delete the session and join
  // its threads: they would still run when Node unloads the addon.
  if (IsEmpty()) return;
  const int threads = info[0].IsNumber() ? info[0].As<Napi::Number>().Int32Value() : 1;
  session_ = std::make_shared<Session>(std::clamp(threads, 1, kMaxThreads), PlanCacheOf(info[1]));
  executor_ = std::make_shared<Executor>();
}

NativeSession::~NativeSession() { AdjustMemory(Env(), 0, &reported_); }

void NativeSession::ReportMemory(Napi::Env env) {
  AdjustMemory(env, session_ ? static_cast<int64_t>(session_->bytes()) : 0, &reported_);
}

Napi::Value NativeSession::AddConstant(const Napi::CallbackInfo& info) {
  if (!session_ || !info[0].IsTypedArray()) return Napi::Number::New(info.Env(), -1);
  const auto bytes = info[0].As<Napi::Uint8Array>();
  sources_.push_back(Napi::Reference<Napi::Uint8Array>::New(bytes, 1));
  const auto size = [&](size_t i) { return static_cast<size_t>(Uint32Of(info[i])); };
  const Session::Order order{size(2), size(3), size(4)};
  return Napi::Number::New(info.Env(),
                           session_->AddConstant(bytes.Data(), bytes.ByteLength(), TextOf(info[1]), order));
}

void NativeSession::ForgetSources() {
  if (session_) session_->ForgetSources();
  sources_.clear();
}

void NativeSession::Forget(const Napi::CallbackInfo&) { ForgetSources(); }

Napi::Value NativeSession::SaveCache(const Napi::CallbackInfo& info) {
  if (!session_ || !info[3].IsArray())
    return Failure(info.Env(), "KPT_SESSION_RELEASED", "no session to save");
  const auto list = info[3].As<Napi::Array>();
  std::vector<std::pair<const uint8_t*, size_t>> programs;
  for (uint32_t i = 0; i < list.Length(); ++i) {
    const Napi::Value program = list.Get(i);
    if (!program.IsTypedArray()) return Failure(info.Env(), "KPT_INTERNAL", "a program is no array");
    const auto bytes = program.As<Napi::Uint8Array>();
    programs.emplace_back(bytes.Data(), bytes.ByteLength());
  }
  const Status status = session_->SaveCache(TextOf(info[0]), TextOf(info[1]), TextOf(info[2]), programs);
  return status.ok() ? info.Env().Undefined() : Failure(info.Env(), status.code(), status.message());
}

Napi::Value NativeSession::Bytes(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), session_ ? static_cast<double>(session_->bytes()) : 0.0);
}

void NativeSession::Release(const Napi::CallbackInfo& info) {
  sources_.clear();
  session_.reset();
  executor_.reset();
  ReportMemory(info.Env());
}

Napi::Function NativePlan::Define(Napi::Env env) {
  return DefineClass(
      env, "NativePlan",
      {InstanceAccessor<&NativePlan::Error>("error"), InstanceMethod<&NativePlan::Write>("write"),
       InstanceMethod<&NativePlan::Read>("read"), InstanceMethod<&NativePlan::Run>("run"),
       InstanceMethod<&NativePlan::RunAsync>("runAsync"), InstanceMethod<&NativePlan::Expect>("expect"),
       InstanceMethod<&NativePlan::Bind>("bind"), InstanceMethod<&NativePlan::Abort>("abort"),
       InstanceMethod<&NativePlan::ClearAbort>("clearAbort"),
       InstanceMethod<&NativePlan::SetProfiling>("setProfiling"),
       InstanceMethod<&NativePlan::Profile>("profile"), InstanceMethod<&NativePlan::ArenaBytes>("arenaBytes"),
       InstanceMethod<&NativePlan::Refusal>("refusal"), InstanceMethod<&NativePlan::Release>("release")});
}

NativePlan::NativePlan(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativePlan>(info) {
  if (IsEmpty()) return;  // as above: it holds the session
  if (!info[0].IsObject() || !info[1].IsTypedArray()) {
    error_ = "KPT_INTERNAL a plan is made from a session and a program";
    return;
  }
  NativeSession* session = NativeSession::Unwrap(info[0].As<Napi::Object>());
  if (session == nullptr || !session->session()) {
    error_ = "KPT_SESSION_RELEASED the session was released";
    return;
  }
  const auto program = info[1].As<Napi::Uint8Array>();
  std::unique_ptr<Plan> plan;
  const Status status = Plan::Create(session->session(), program.Data(), program.ByteLength(), &plan);
  session->ForgetSources();
  if (!status.ok()) {
    error_ = std::string(status.code()) + " " + status.message();
    return;
  }
  plan_ = std::move(plan);
  executor_ = session->shared_executor();
  session->ReportMemory(info.Env());
  AdjustMemory(info.Env(), static_cast<int64_t>(plan_->arena_bytes() + plan_->scratch_bytes()), &reported_);
}

NativePlan::~NativePlan() { AdjustMemory(Env(), 0, &reported_); }

Napi::Value NativePlan::Error(const Napi::CallbackInfo& info) {
  return error_.empty() ? info.Env().Undefined() : Napi::String::New(info.Env(), error_);
}

Napi::Value NativePlan::Copy(const Napi::CallbackInfo& info, bool write) {
  if (!plan_) return Failure(info.Env(), "KPT_SESSION_RELEASED", "the plan was released");
  if (!info[1].IsTypedArray()) return Failure(info.Env(), "KPT_BUFFER_INVALID", "a typed array was expected");
  const TensorView* tensor = plan_->arena_tensor(Uint32Of(info[0]));
  auto view = info[1].As<Napi::Uint8Array>();
  if (tensor == nullptr || view.ByteLength() != tensor->bytes())
    return Failure(info.Env(), "KPT_BUFFER_INVALID",
                   "the buffer has " + std::to_string(view.ByteLength()) + " bytes where " +
                       std::to_string(tensor == nullptr ? 0 : tensor->bytes()) + " are needed");
  if (tensor->bytes() == 0) return info.Env().Undefined();
  const bool biased = view.TypedArrayType() == napi_int8_array;
  if (write)
    CopyValue(tensor->data, view.Data(), tensor->bytes(), biased);
  else
    CopyValue(view.Data(), tensor->data, tensor->bytes(), biased);
  return info.Env().Undefined();
}

Napi::Value NativePlan::Write(const Napi::CallbackInfo& info) { return Copy(info, true); }
Napi::Value NativePlan::Read(const Napi::CallbackInfo& info) { return Copy(info, false); }

Napi::Value NativePlan::Run(const Napi::CallbackInfo& info) {
  if (!plan_) return Failure(info.Env(), "KPT_SESSION_RELEASED", "the plan was released");
  const RunResult result = plan_->Run(Uint32Of(info[0]), Uint32Of(info[1]));
  return ResultOf(info.Env(), result);
}

void NativePlan::Expect(const Napi::CallbackInfo&) {
  if (plan_) executor_->Expect();
}

Napi::Value NativePlan::RunAsync(const Napi::CallbackInfo& info) {
  if (!plan_) return Failure(info.Env(), "KPT_SESSION_RELEASED", "the plan was released");
  const Napi::Env env = info.Env();
  const size_t first = Uint32Of(info[0]), last = Uint32Of(info[1]);
  const auto done = info[2].As<Napi::Function>();
  if (executor_->Submit(env, plan_, first, last, done)) return env.Undefined();
  // Without a thread of its own the run takes this one. Not done.Call(): see CallDone.
  const napi_value error = ResultOf(env, plan_->Run(first, last));
  napi_call_function(env, env.Undefined(), done, 1, &error, nullptr);
  return env.Undefined();
}

Napi::Value NativePlan::Bind(const Napi::CallbackInfo& info) {
  if (!plan_) return Failure(info.Env(), "KPT_SESSION_RELEASED", "the plan was released");
  return MakeBoundStep(info.Env(), plan_, Ids(info[0]), info[1].As<Napi::Array>(), Ids(info[2]),
                       info[3].As<Napi::Array>());
}

void NativePlan::Abort(const Napi::CallbackInfo&) {
  if (plan_) plan_->Abort();
}

void NativePlan::ClearAbort(const Napi::CallbackInfo&) {
  if (plan_) plan_->ClearAbort();
}

void NativePlan::SetProfiling(const Napi::CallbackInfo& info) {
  if (plan_) plan_->SetProfiling(info[0].IsBoolean() && info[0].As<Napi::Boolean>());
}

Napi::Value NativePlan::Profile(const Napi::CallbackInfo& info) {
  Napi::Array times = Napi::Array::New(info.Env());
  if (!plan_ || !plan_->profiling()) return times;
  uint32_t i = 0;
  for (const std::atomic<uint64_t>& time : plan_->profile())
    times.Set(i++, Napi::Number::New(info.Env(), static_cast<double>(time.load(std::memory_order_relaxed))));
  return times;
}

Napi::Value NativePlan::Refusal(const Napi::CallbackInfo& info) {
  if (!plan_ || !plan_->refusal().any()) return info.Env().Undefined();
  const kompakt::Refusal& refusal = plan_->refusal();
  Napi::Object said = Napi::Object::New(info.Env());
  said.Set("step", static_cast<double>(plan_->refused_step()));
  said.Set("what", refusal.what());
  said.Set("value", static_cast<double>(refusal.value()));
  said.Set("low", static_cast<double>(refusal.low()));
  said.Set("high", static_cast<double>(refusal.high()));
  return said;
}

Napi::Value NativePlan::ArenaBytes(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(),
                           plan_ ? static_cast<double>(plan_->arena_bytes() + plan_->scratch_bytes()) : 0.0);
}

void NativePlan::Release(const Napi::CallbackInfo& info) {
  plan_.reset();
  executor_.reset();
  AdjustMemory(info.Env(), 0, &reported_);
}

}  // namespace kompakt
