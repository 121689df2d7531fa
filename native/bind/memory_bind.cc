// SPDX-License-Identifier: Apache-2.0
#include "native/bind/memory_bind.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace kompakt {

Napi::Value Detach(const Napi::CallbackInfo& info) {
  if (info[0].IsArrayBuffer()) napi_detach_arraybuffer(info.Env(), info[0]);
  return info.Env().Undefined();
}

Napi::Value Trim(const Napi::CallbackInfo& info) {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
  return info.Env().Undefined();
}

}  // namespace kompakt
