// The names that JavaScript sees.
// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>
#include <napi.h>

#include "native/bind/cpu_bind.h"
#include "native/bind/memory_bind.h"
#include "native/bind/plan_cache_bind.h"
#include "native/bind/session_bind.h"

namespace {

/// Node unloads an addon with the last environment that has it. A thread of the pool that a worker began just
/// before it was ended may then be about to run.
void StayLoaded() {
  Dl_info here;
  if (dladdr(reinterpret_cast<const void*>(&StayLoaded), &here) != 0)
    dlopen(here.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  StayLoaded();
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
