// Memory of JavaScript that is given back before the garbage collector comes to it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <napi.h>

namespace kompakt {

/// detach(buffer) takes the memory from an ArrayBuffer and its views, and frees it. What cannot be detached
/// stays as it is.
Napi::Value Detach(const Napi::CallbackInfo& info);
/// trim() gives memory back to the system that malloc() keeps to give it away again, where it can be told to,
/// in a thread of the pool that Node reads files in: it takes as long as a small network.
void Trim(const Napi::CallbackInfo& info);

}  // namespace kompakt
