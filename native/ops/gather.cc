// Step gather: y [outer, indices..., inner] of x [outer, axis, inner], by runs of `inner`. A negative index
// counts from the end. SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "native/ops/index.h"

namespace kompakt {
namespace {

class GatherStep : public Step {
 public:
  GatherStep(const StepSpec& spec, const Indices& indices, int64_t outer, int64_t axis, int64_t inner)
      : x_(spec.in(0)->data),
        indices_(indices),
        y_(spec.out().data),
        outer_(outer),
        axis_(axis),
        index_count_(spec.in(1)->size()),
        inner_(inner),
        run_bytes_(static_cast<size_t>(inner) * DTypeBytes(spec.out().dtype)) {}

  void Run(const RunContext& context) override {
    if (!indices_.AllNamePlaces(context, index_count_, axis_)) return;
    context.pool->ParallelFor(outer_ * index_count_, GrainOf(inner_),
                              [this](int64_t begin, int64_t end, int) {
                                for (int64_t i = begin; i < end; ++i) {
                                  const int64_t entry = PlaceOf(indices_[i % index_count_], axis_);
                                  const int64_t from = i / index_count_ * axis_ + entry;
                                  std::memcpy(y_ + static_cast<size_t>(i) * run_bytes_,
                                              x_ + static_cast<size_t>(from) * run_bytes_, run_bytes_);
                                }
                              });
  }

 private:
  const uint8_t* x_;
  Indices indices_;
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
  Indices indices;
  KPT_RETURN_IF_ERROR(Indices::Make(spec, *spec.in(1), &indices));
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(), x.dtype));
  std::vector<int64_t> dims;
  KPT_RETURN_IF_ERROR(ReadInts(spec, "dims", 3, 0, &dims));
  KPT_RETURN_IF_ERROR(CheckSize(spec, x, {dims[0], dims[1], dims[2]}));
  KPT_RETURN_IF_ERROR(CheckSize(spec, spec.out(), {dims[0], spec.in(1)->size(), dims[2]}));
  if (dims[1] == 0 && spec.out().size() > 0) return spec.Fail("nothing to gather from");
  *out = std::make_unique<GatherStep>(spec, indices, dims[0], dims[1], dims[2]);
  return Status::Ok();
}

}  // namespace kompakt
