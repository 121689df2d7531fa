// SPDX-License-Identifier: Apache-2.0
#include "native/bind/plan_cache_bind.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

namespace kompakt {
namespace {

using Handle = std::shared_ptr<const PlanCache>;

constexpr napi_type_tag kHandleTag = {0x6b6f6d70616b7431u, 0x706c616e63616368u};

Napi::Value Text(Napi::Env env, const std::string& text) { return Napi::String::New(env, text); }

}  // namespace

Napi::Value OpenPlanCache(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Handle cache;
  const Status status =
      PlanCache::Open(info[0].ToString().Utf8Value(), info[1].ToString().Utf8Value(), &cache);
  if (!status.ok()) return Text(env, std::string(status.code()) + " " + status.message());
  Napi::Object result = Napi::Object::New(env);
  Napi::Array programs = Napi::Array::New(env);
  uint32_t count = 0;
  for (const auto& [bytes, size] : cache->programs()) {
    Napi::Uint8Array program = Napi::Uint8Array::New(env, size);
    if (size > 0) std::memcpy(program.Data(), bytes, size);
    programs.Set(count++, program);
  }
  result.Set("programs", programs);
  result.Set("description", Text(env, cache->description()));
  auto handle = Napi::External<Handle>::New(env, new Handle(std::move(cache)),
                                            [](Napi::Env, Handle* owned) { delete owned; });
  handle.TypeTag(&kHandleTag);
  result.Set("handle", handle);
  return result;
}

std::shared_ptr<const PlanCache> PlanCacheOf(const Napi::Value& handle) {
  if (!handle.IsExternal()) return nullptr;
  const auto external = handle.As<Napi::External<Handle>>();
  return external.CheckTypeTag(&kHandleTag) ? *external.Data() : nullptr;
}

Napi::Value DigestOfBytes(const Napi::CallbackInfo& info) {
  if (!info[0].IsTypedArray()) return info.Env().Undefined();
  const auto bytes = info[0].As<Napi::Uint8Array>();
  return Text(info.Env(), DigestOf(bytes.Data(), bytes.ByteLength()).Hex());
}

Napi::Value DigestOfFile(const Napi::CallbackInfo& info) {
  const int file = open(info[0].ToString().Utf8Value().c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return info.Env().Undefined();
  std::vector<uint8_t> block(64 * 1024);
  Digester digester;
  ssize_t count;
  while ((count = read(file, block.data(), block.size())) > 0)
    digester.Add(block.data(), static_cast<size_t>(count));
  close(file);
  return count < 0 ? info.Env().Undefined() : Text(info.Env(), digester.Finish().Hex());
}

}  // namespace kompakt
