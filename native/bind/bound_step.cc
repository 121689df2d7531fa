// Raw Node-API on the hot path: one typed-array lookup per buffer, which also notices detached buffers.
// SPDX-License-Identifier: Apache-2.0
#include "native/bind/bound_step.h"

#include <iterator>

#include "native/bind/arena_copy.h"

namespace kompakt {
namespace {

struct BoundBuffer {
  const TensorView* tensor;
  napi_ref reference;
  /// Of int8: see CopyValue.
  bool biased;
};

struct BoundStep {
  std::shared_ptr<Plan> plan;
  std::vector<BoundBuffer> inputs;
  std::vector<BoundBuffer> outputs;
};

/// Memory of a bound view, or null when it was detached or resized.
uint8_t* DataOf(napi_env env, const BoundBuffer& buffer) {
  napi_value view;
  napi_typedarray_type type = napi_int8_array;
  size_t length = 0;
  void* data = nullptr;
  if (napi_get_reference_value(env, buffer.reference, &view) != napi_ok || view == nullptr) return nullptr;
  if (napi_get_typedarray_info(env, view, &type, &length, &data, nullptr, nullptr) != napi_ok) return nullptr;
  constexpr size_t kElementBytes[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8};  // by napi_typedarray_type
  if (type >= std::size(kElementBytes) || length * kElementBytes[type] != buffer.tensor->bytes())
    return nullptr;
  return static_cast<uint8_t*>(data);
}

napi_value StatusNumber(napi_env env, int32_t status) {
  napi_value value = nullptr;
  napi_create_int32(env, status, &value);
  return value;
}

napi_value RunBoundStep(napi_env env, napi_callback_info info) {
  void* raw = nullptr;
  size_t count = 0;
  if (napi_get_cb_info(env, info, &count, nullptr, nullptr, &raw) != napi_ok) return nullptr;
  BoundStep* step = static_cast<BoundStep*>(raw);
  for (const BoundBuffer& input : step->inputs) {
    if (input.tensor->bytes() == 0) continue;
    const uint8_t* data = DataOf(env, input);
    if (data == nullptr) return StatusNumber(env, 1);
    CopyValue(input.tensor->data, data, input.tensor->bytes(), input.biased);
  }
  const RunResult result = step->plan->Run(0, step->plan->step_count());
  if (result != RunResult::kDone) return StatusNumber(env, result == RunResult::kAborted ? 2 : 3);
  for (const BoundBuffer& output : step->outputs) {
    if (output.tensor->bytes() == 0) continue;
    uint8_t* data = DataOf(env, output);
    if (data == nullptr) return StatusNumber(env, 1);
    CopyValue(data, output.tensor->data, output.tensor->bytes(), output.biased);
  }
  return nullptr;
}

void FreeBoundStep(napi_env env, void* raw, void*) {
  BoundStep* step = static_cast<BoundStep*>(raw);
  for (const BoundBuffer& buffer : step->inputs) napi_delete_reference(env, buffer.reference);
  for (const BoundBuffer& buffer : step->outputs) napi_delete_reference(env, buffer.reference);
  delete step;
}

bool BindBuffers(napi_env env, const Plan& plan, const std::vector<uint32_t>& ids, Napi::Array views,
                 std::vector<BoundBuffer>* out) {
  if (views.Length() != ids.size()) return false;
  for (size_t i = 0; i < ids.size(); ++i) {
    const TensorView* tensor = plan.arena_tensor(ids[i]);
    const Napi::Value view = views.Get(static_cast<uint32_t>(i));
    if (tensor == nullptr || !view.IsTypedArray()) return false;
    BoundBuffer buffer{tensor, nullptr, view.As<Napi::TypedArray>().TypedArrayType() == napi_int8_array};
    if (napi_create_reference(env, view, 1, &buffer.reference) != napi_ok) return false;
    out->push_back(buffer);
    if (tensor->bytes() > 0 && DataOf(env, buffer) == nullptr) return false;
  }
  return true;
}

}  // namespace

Napi::Value MakeBoundStep(Napi::Env env, std::shared_ptr<Plan> plan, const std::vector<uint32_t>& input_ids,
                          Napi::Array inputs, const std::vector<uint32_t>& output_ids, Napi::Array outputs) {
  auto step = std::make_unique<BoundStep>();
  step->plan = std::move(plan);
  const bool fits = BindBuffers(env, *step->plan, input_ids, inputs, &step->inputs) &&
                    BindBuffers(env, *step->plan, output_ids, outputs, &step->outputs);
  napi_value function = nullptr;
  if (!fits ||
      napi_create_function(env, "step", NAPI_AUTO_LENGTH, RunBoundStep, step.get(), &function) != napi_ok) {
    FreeBoundStep(env, step.release(), nullptr);
    return Napi::String::New(env, "A bound buffer has the wrong byte length.");
  }
  napi_add_finalizer(env, function, step.release(), FreeBoundStep, nullptr, nullptr);
  return Napi::Value(env, function);
}

}  // namespace kompakt
