// platform(): what the CPU has and what kompakt uses of it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <napi.h>

namespace kompakt {

/// platform() -> { tier, tiers, cpus }
Napi::Value Platform(const Napi::CallbackInfo& info);

/// tier() -> the name of the best one
Napi::Value TierInUse(const Napi::CallbackInfo& info);

}  // namespace kompakt
