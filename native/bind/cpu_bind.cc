// SPDX-License-Identifier: Apache-2.0
#include "native/bind/cpu_bind.h"

#include "native/cpu/tier.h"
#include "native/cpu/topology.h"

namespace kompakt {

Napi::Value Platform(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Object platform = Napi::Object::New(env);
  Napi::Array tiers = Napi::Array::New(env);
  uint32_t count = 0;
  for (Tier tier : UsableTiers()) tiers.Set(count++, Napi::String::New(env, TierName(tier)));
  platform.Set("tier", Napi::String::New(env, TierName(BestTier())));
  platform.Set("tiers", tiers);
  platform.Set("cpus", Napi::Number::New(env, UsableCpus()));
  return platform;
}

Napi::Value TierInUse(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), TierName(BestTier()));
}

}  // namespace kompakt
