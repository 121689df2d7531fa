// SPDX-License-Identifier: Apache-2.0
#include "native/bind/memory_bind.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace kompakt {
namespace {

#if defined(__GLIBC__)
/// Deletes itself when it is done.
class Trimmer : public Napi::AsyncWorker {
 public:
  explicit Trimmer(Napi::Env env) : Napi::AsyncWorker(env, "kompakt.trim") {}
  void Execute() override { malloc_trim(0); }
};
#endif

}  // namespace

Napi::Value Detach(const Napi::CallbackInfo& info) {
  if (info[0].IsArrayBuffer()) napi_detach_arraybuffer(info.Env(), info[0]);
  return info.Env().Undefined();
}

void Trim([[maybe_unused]] const Napi::CallbackInfo& info) {
#if defined(__GLIBC__)
  (new Trimmer(info.Env()))->Queue();
#endif
}

}  // namespace kompakt
