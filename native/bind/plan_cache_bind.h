// Plan caches and digests as JavaScript sees them.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <napi.h>

#include <memory>

#include "native/engine/plan_cache.h"

namespace kompakt {

/// openPlanCache(path, identity) -> { handle, description, programs: Uint8Array[] }, or a string "KPT_CODE
/// message".
Napi::Value OpenPlanCache(const Napi::CallbackInfo& info);
/// The cache behind a handle, or null for any other value.
std::shared_ptr<const PlanCache> PlanCacheOf(const Napi::Value& handle);

/// digest(bytes) -> 32 hexadecimal digits
Napi::Value DigestOfBytes(const Napi::CallbackInfo& info);
/// digestFile(path) -> the same of a file's bytes, or undefined when it cannot be read
Napi::Value DigestOfFile(const Napi::CallbackInfo& info);

}  // namespace kompakt
