// Arguments and results of calls from JavaScript. In a worker that is being ended Node-API refuses whatever
// could run JavaScript, conversions and new buffers too, and node-addon-api then hands on empty values:
// memory is touched only by what was asked of Node-API with its status. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <napi.h>

#include <cstring>
#include <string>

namespace kompakt {

/// 0 for what is no number.
inline uint32_t Uint32Of(const Napi::Value& value) {
  uint32_t number = 0;
  if (value.IsNumber()) napi_get_value_uint32(value.Env(), value, &number);
  return number;
}

/// "" for what is no string.
inline std::string TextOf(const Napi::Value& value) {
  return value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
}

/// A Uint8Array with a copy of the bytes; empty where there can be none.
inline Napi::Value BytesOf(Napi::Env env, const void* bytes, size_t size) {
  void* data = nullptr;
  napi_value buffer = nullptr;
  napi_value view = nullptr;
  if (napi_create_arraybuffer(env, size, &data, &buffer) != napi_ok) return Napi::Value();
  if (size > 0) std::memcpy(data, bytes, size);
  if (napi_create_typedarray(env, napi_uint8_array, size, buffer, 0, &view) != napi_ok) return Napi::Value();
  return Napi::Value(env, view);
}

}  // namespace kompakt
