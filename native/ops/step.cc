// Parameter lookup and checks shared by all steps.
// SPDX-License-Identifier: Apache-2.0
#include "native/ops/step.h"

#include <cmath>

namespace kompakt {
namespace {

struct DTypeEntry {
  size_t bytes;
  const char* name;
};
constexpr DTypeEntry kDTypes[] = {{4, "f32"}, {1, "u8"},  {1, "s8"}, {4, "s32"},
                                  {8, "s64"}, {8, "f64"}, {2, "u16"}};

Status Missing(const char* name) {
  return Status::Error("KPT_INTERNAL",
                       std::string("step parameter '") + name + "' is absent or has the wrong type");
}

}  // namespace

size_t DTypeBytes(DType dtype) { return kDTypes[static_cast<int>(dtype)].bytes; }
const char* DTypeName(DType dtype) { return kDTypes[static_cast<int>(dtype)].name; }

const Params::Entry* Params::Find(const char* name) const {
  for (const Entry& entry : entries)
    if (entry.name == name) return &entry;
  return nullptr;
}

Status Params::Ints(const char* name, std::vector<int64_t>* out) const {
  const Entry* entry = Find(name);
  if (entry == nullptr || entry->is_text) return Missing(name);
  out->clear();
  for (double value : entry->numbers) {
    if (!(std::fabs(value) <= 9007199254740992.0) || value != std::floor(value))
      return Status::Error("KPT_INTERNAL", std::string("step parameter '") + name + "' is not an integer");
    out->push_back(static_cast<int64_t>(value));
  }
  return Status::Ok();
}

Status Params::Int(const char* name, int64_t* out) const {
  std::vector<int64_t> values;
  KPT_RETURN_IF_ERROR(Ints(name, &values));
  if (values.size() != 1) return Missing(name);
  *out = values[0];
  return Status::Ok();
}

Status Params::Int32(const char* name, int32_t* out) const {
  int64_t value = 0;
  KPT_RETURN_IF_ERROR(Int(name, &value));
  if (value < INT32_MIN || value > INT32_MAX) return Missing(name);
  *out = static_cast<int32_t>(value);
  return Status::Ok();
}

Status Params::Doubles(const char* name, std::vector<double>* out) const {
  const Entry* entry = Find(name);
  if (entry == nullptr || entry->is_text) return Missing(name);
  *out = entry->numbers;
  return Status::Ok();
}

Status Params::Floats(const char* name, std::vector<float>* out) const {
  const Entry* entry = Find(name);
  if (entry == nullptr || entry->is_text) return Missing(name);
  out->assign(entry->numbers.begin(), entry->numbers.end());
  return Status::Ok();
}

Status Params::Float(const char* name, float* out) const {
  std::vector<float> values;
  KPT_RETURN_IF_ERROR(Floats(name, &values));
  if (values.size() != 1) return Missing(name);
  *out = values[0];
  return Status::Ok();
}

Status Params::Text(const char* name, std::string* out) const {
  const Entry* entry = Find(name);
  if (entry == nullptr || !entry->is_text) return Missing(name);
  *out = entry->text;
  return Status::Ok();
}

Status StepSpec::Fail(const std::string& message) const {
  return Status::Error("KPT_INTERNAL", "step " + kind + ": " + message);
}

Status StepSpec::CheckArity(size_t required, size_t max_inputs, size_t output_count) const {
  if (inputs.size() > max_inputs || outputs.size() != output_count) return Fail("wrong number of tensors");
  for (size_t i = 0; i < required; ++i)
    if (in(i) == nullptr) return Fail("input " + std::to_string(i) + " is absent");
  for (const TensorView* output : outputs)
    if (output == nullptr || output->is_constant()) return Fail("an output is absent or constant");
  return Status::Ok();
}

}  // namespace kompakt
