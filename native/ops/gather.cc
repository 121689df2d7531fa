// Step gather: y [outer, indices..., inner] of x [outer, axis, inner], by runs of `inner`. A negative index
// counts from the end; what is out of range after that reads the nearest entry. SPDX-License-Identifier:
// Apache-2.0
#include <algorithm>
#include <cstring>

#include "native/ops/checks.h"

namespace kompakt {
namespace {

template <typename Index>
class GatherStep : public Step {
 public:
  GatherStep(const StepSpec& spec, int64_t outer, int64_t axis, int64_t inner)
      : x_(spec.in(0)->data),
        indices_(spec.in(1)->as<Index>()),
        y_(spec.out().data),
        outer_(outer),
        axis_(axis),
        index_count_(spec.in(1)->size()),
        inner_(inner),
        run_bytes_(static_cast<size_t>(inner) * DTypeBytes(spec.out().dtype)) {}

  void Run(const RunContext& context) override {
    context.pool->ParallelFor(outer_ * index_count_, GrainOf(inner_),
                              [this](int64_t begin, int64_t end, int) {
                                for (int64_t i = begin; i < end; ++i) {
                                  int64_t entry = static_cast<int64_t>(indices_[i % index_count_]);
                                  if (entry < 0) entry += axis_;
                                  entry = std::min(std::max<int64_t>(entry, 0), axis_ - 1);
                                  const int64_t from = i / index_count_ * axis_ + entry;
                                  std::memcpy(y_ + static_cast<size_t>(i) * run_bytes_,
                                              x_ + static_cast<size_t>(from) * run_bytes_, run_bytes_);
                                }
                              });
  }

 private:
  const uint8_t* x_;
  const Index* indices_;
  uint8_t* y_;
  int64_t outer_;
  int64_t axis_;
  int64_t index_count_;
  int64_t inner_;
  size_t run_bytes_;
};

}  // namespace

Status MakeGather(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 2, 1));
  const TensorView& x = *spec.in(0);
  const TensorView& indices = *spec.in(1);
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(), x.dtype));
  std::vector<int64_t> dims;
  KPT_RETURN_IF_ERROR(ReadInts(spec, "dims", 3, 0, &dims));
  KPT_RETURN_IF_ERROR(CheckSize(spec, x, {dims[0], dims[1], dims[2]}));
  KPT_RETURN_IF_ERROR(CheckSize(spec, spec.out(), {dims[0], indices.size(), dims[2]}));
  if (dims[1] == 0 && spec.out().size() > 0) return spec.Fail("nothing to gather from");
  if (indices.dtype == DType::kS32) {
    *out = std::make_unique<GatherStep<int32_t>>(spec, dims[0], dims[1], dims[2]);
    return Status::Ok();
  }
  KPT_RETURN_IF_ERROR(CheckDType(spec, indices, DType::kS64));
  *out = std::make_unique<GatherStep<int64_t>>(spec, dims[0], dims[1], dims[2]);
  return Status::Ok();
}

}  // namespace kompakt
