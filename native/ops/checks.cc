// Checks and readers shared by the makers of steps.
// SPDX-License-Identifier: Apache-2.0
#include "native/ops/checks.h"

#include <algorithm>

namespace kompakt {

Status TooLarge(const StepSpec& spec, const std::string& message) {
  return Status::Error("KPT_TOO_LARGE", "step " + spec.kind + ": " + message);
}

Status CheckDType(const StepSpec& spec, const TensorView& tensor, DType dtype) {
  if (tensor.dtype == dtype) return Status::Ok();
  return spec.Fail(std::string("expected a tensor of ") + DTypeName(dtype) + " but received " +
                   DTypeName(tensor.dtype));
}

Status CheckSize(const StepSpec& spec, const TensorView& tensor, int64_t size) {
  if (tensor.size() == size) return Status::Ok();
  return spec.Fail("expected a tensor of " + std::to_string(size) + " elements but received " +
                   std::to_string(tensor.size()));
}

Status CheckSize(const StepSpec& spec, const TensorView& tensor, std::initializer_list<int64_t> sizes) {
  const bool empty = std::find(sizes.begin(), sizes.end(), 0) != sizes.end();
  int64_t left = tensor.size();
  for (int64_t size : sizes) {
    if (empty) break;
    if (size < 0 || left % size != 0) left = 0;
    left /= size;
  }
  if (empty ? left == 0 : left == 1) return Status::Ok();
  return spec.Fail("the sizes in its parameters are not those of a tensor of " +
                   std::to_string(tensor.size()) + " elements");
}

Status CheckSameSize(const StepSpec& spec, const TensorView& a, const TensorView& b) {
  return CheckSize(spec, b, a.size());
}

Status ReadInts(const StepSpec& spec, const char* name, size_t count, int64_t low,
                std::vector<int64_t>* out) {
  KPT_RETURN_IF_ERROR(spec.params.Ints(name, out));
  if (out->size() != count)
    return spec.Fail(std::string("parameter '") + name + "' needs " + std::to_string(count) + " integers");
  for (int64_t value : *out)
    if (value < low || value > INT32_MAX)
      return spec.Fail(std::string("parameter '") + name + "' is out of range: " + std::to_string(value));
  return Status::Ok();
}

Status ReadUnaryOp(const StepSpec& spec, const char* name, UnaryOp* out, const char* alpha,
                   const char* beta) {
  std::string kind;
  KPT_RETURN_IF_ERROR(spec.params.Text(name, &kind));
  if (!ParseUnaryKind(kind, &out->kind)) return spec.Fail("unknown function '" + kind + "'");
  KPT_RETURN_IF_ERROR(spec.params.Float(alpha, &out->alpha));
  return spec.params.Float(beta, &out->beta);
}

Status ReadByte(const StepSpec& spec, const char* name, int32_t* out) {
  KPT_RETURN_IF_ERROR(spec.params.Int32(name, out));
  if (*out < 0 || *out > 255) return spec.Fail(std::string("parameter '") + name + "' is not in [0, 255]");
  return Status::Ok();
}

Status ReadByteRange(const StepSpec& spec, const char* zero_name, ByteRange* out) {
  KPT_RETURN_IF_ERROR(ReadByte(spec, zero_name, &out->zero));
  KPT_RETURN_IF_ERROR(ReadByte(spec, "lo", &out->lo));
  KPT_RETURN_IF_ERROR(ReadByte(spec, "hi", &out->hi));
  if (out->lo > out->hi) return spec.Fail("lo is above hi");
  return Status::Ok();
}

Status ReadAverageU8(const StepSpec& spec, AverageU8Params* out) {
  KPT_RETURN_IF_ERROR(ReadByte(spec, "xZero", &out->x_zero));
  KPT_RETURN_IF_ERROR(spec.params.Float("factor", &out->factor));
  ByteRange range;
  KPT_RETURN_IF_ERROR(ReadByteRange(spec, "yZero", &range));
  out->y_zero = range.zero;
  out->lo = range.lo;
  out->hi = range.hi;
  return Status::Ok();
}

Status ReadReduceDims(const StepSpec& spec, const TensorView& x, ReduceDims* out) {
  std::vector<int64_t> dims;
  KPT_RETURN_IF_ERROR(ReadInts(spec, "dims", 3, 0, &dims));
  *out = {dims[0], dims[1], dims[2]};
  return CheckSize(spec, x, {dims[0], dims[1], dims[2]});
}

}  // namespace kompakt
