// The names that JavaScript sees.
// SPDX-License-Identifier: Apache-2.0
#include <napi.h>

#include "native/bind/cpu_bind.h"
#include "native/bind/memory_bind.h"
#include "native/bind/plan_cache_bind.h"
#include "native/bind/session_bind.h"

namespace {

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("NativeSession", kompakt::NativeSession::Define(env));
  exports.Set("NativePlan", kompakt::NativePlan::Define(env));
  exports.Set("platform", Napi::Function::New(env, kompakt::Platform, "platform"));
  exports.Set("tier", Napi::Function::New(env, kompakt::TierInUse, "tier"));
  exports.Set("openPlanCache", Napi::Function::New(env, kompakt::OpenPlanCache, "openPlanCache"));
  exports.Set("digest", Napi::Function::New(env, kompakt::DigestOfBytes, "digest"));
  exports.Set("detach", Napi::Function::New(env, kompakt::Detach, "detach"));
  exports.Set("trim", Napi::Function::New(env, kompakt::Trim, "trim"));
  exports.Set("digestFile", Napi::Function::New(env, kompakt::DigestOfFile, "digestFile"));
  return exports;
}

}  // namespace

NODE_API_MODULE(kompakt, Init)
