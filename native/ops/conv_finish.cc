// ConvFinish: reading, and running over whole rows where the columns are all there.
// SPDX-License-Identifier: Apache-2.0
#include "native/ops/conv_finish.h"

#include <cmath>

#include "native/kernels/table_u8/table_u8.h"

namespace kompakt {

Status ConvFinish::Read(const StepSpec& spec, const ConvShape& shape) {
  const TensorView* residual = spec.in(5);
  const TensorView* table = spec.in(6);
  columns_ = shape.out_channels;
  if (residual == nullptr && table == nullptr) return Status::Ok();
  if (spec.out().dtype != DType::kU8) return spec.Fail("a residual or table needs a u8 output");
  if (table != nullptr && (table->dtype != DType::kU8 || table->size() != 256 || !table->is_constant()))
    return spec.Fail("table must be 256 u8 constants");
  table_ = table == nullptr ? nullptr : table->data;
  if (residual == nullptr) return Status::Ok();
  if (residual->dtype != DType::kU8 || residual->size() != spec.out().size())
    return spec.Fail("residual must be u8 and shaped like y");
  std::vector<float> p;
  KPT_RETURN_IF_ERROR(spec.params.Floats("residual", &p));
  if (p.size() != 6 || !std::isfinite(p[0]) || !std::isfinite(p[1]))
    return spec.Fail("residual needs 6 numbers");
  for (int i = 2; i < 6; ++i)
    if (!(p[i] >= 0 && p[i] <= 255)) return spec.Fail("a residual zero point or bound is outside of 0..255");
  add_.a_factor = p[0];
  add_.b_factor = p[1];
  add_.a_zero = shape.range.zero;
  add_.b_zero = static_cast<int32_t>(p[2]);
  add_.y_zero = static_cast<int32_t>(p[3]);
  add_.lo = static_cast<int32_t>(p[4]);
  add_.hi = static_cast<int32_t>(p[5]);
  residual_ = residual->data;
  return Status::Ok();
}

void ConvFinish::Run(uint8_t* y, int64_t first_pixel, int64_t pixels, int64_t begin, int64_t end) const {
  if (empty()) return;
  const bool whole = begin == 0 && end == columns_;
  const int64_t runs = whole ? 1 : pixels, count = whole ? pixels * columns_ : end - begin;
  for (int64_t r = 0; r < runs; ++r) {
    const int64_t at = (first_pixel + r) * columns_ + begin;
    if (residual_ != nullptr) BestBinaryU8Kernel().add(add_, y + at, 1, residual_ + at, 1, y + at, count);
    if (table_ != nullptr) BestTableU8Kernel().run(table_, y + at, y + at, count);
  }
}

}  // namespace kompakt
