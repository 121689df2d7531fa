// Bound steps: a JavaScript function that copies bound buffers in, runs a plan and copies results out,
// without making a single JavaScript object. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <napi.h>

#include <memory>
#include <vector>

#include "native/engine/plan.h"

namespace kompakt {

/// Returns step() -> undefined, or a status number: 1 when a bound buffer was detached or resized since it
/// was bound, 2 when the run was aborted. Or, in place of the function, a string "KPT_CODE message" when the
/// buffers do not fit.
Napi::Value MakeBoundStep(Napi::Env env, std::shared_ptr<Plan> plan, const std::vector<uint32_t>& input_ids,
                          Napi::Array inputs, const std::vector<uint32_t>& output_ids, Napi::Array outputs);

}  // namespace kompakt
