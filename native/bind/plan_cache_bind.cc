// SPDX-License-Identifier: Apache-2.0
#include "native/bind/plan_cache_bind.h"

#include <unistd.h>

#include <string>
#include <vector>

#include "native/bind/values.h"

namespace kompakt {
namespace {

using Handle = std::shared_ptr<const PlanCache>;

constexpr napi_type_tag kHandleTag = {0x6b6f6d70616b7431u, 0x706c616e63616368u};

Napi::Value Text(Napi::Env env, const std::string& text) { return Napi::String::New(env, text); }

}  // namespace

Napi::Value OpenPlanCache(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Handle cache;
  const Status status = PlanCache::Open(TextOf(info[0]), TextOf(info[1]), &cache);
  if (!status.ok()) return Text(env, std::string(status.code()) + " " + status.message());
  Napi::Object result = Napi::Object::New(env);
  Napi::Array programs = Napi::Array::New(env);
  uint32_t count = 0;
  for (const auto& [bytes, size] : cache->programs()) programs.Set(count++, BytesOf(env, bytes, size));
  result.Set("programs", programs);
  result.Set("description", Text(env, cache->description()));
  auto* owned = new Handle(std::move(cache));
  auto handle = Napi::External<Handle>::New(env, owned, [](Napi::Env, Handle* kept) { delete kept; });
  if (handle.IsEmpty()) {
    delete owned;
    return env.Undefined();
  }
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
  if (!info[0].IsNumber()) return info.Env().Undefined();
  const int file = info[0].As<Napi::Number>().Int32Value();
  std::vector<uint8_t> block(64 * 1024);
  Digester digester;
  off_t at = 0;
  ssize_t count;
  while ((count = pread(file, block.data(), block.size(), at)) > 0) {
    digester.Add(block.data(), static_cast<size_t>(count));
    at += count;
  }
  return count < 0 ? info.Env().Undefined() : Text(info.Env(), digester.Finish().Hex());
}

}  // namespace kompakt
