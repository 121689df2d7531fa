// platform(): what the CPU has and what kompakt uses of it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <napi.h>

namespace kompakt {

/// platform() -> { tier, tiers, cpus }
Napi::Value Platform(const Napi::CallbackInfo& info);

}  // namespace kompakt
