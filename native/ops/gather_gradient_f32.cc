// Step gather_gradient_f32: rows of dy [outer, rows, inner] added in order where they were gathered from,
// dx [outer, n, inner]. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "native/kernels/gradient_f32/gradient_f32.h"
#include "native/ops/index.h"

namespace kompakt {
namespace {

class GatherGradientF32 : public Step {
 public:
  GatherGradientF32(const StepSpec& spec, const Indices& indices, const std::vector<int64_t>& dims)
      : dy_(spec.in(0)->as<float>()),
        indices_(indices),
        rows_(spec.in(1)->size()),
        dx_(spec.out().as<float>()),
        outer_(dims[0]),
        n_(dims[1]),
        inner_(dims[2]) {}

  void Run(const RunContext& context) override {
    const GradientKernel& kernel = BestGradientKernel();
    const int64_t rows = rows_;
    if (!indices_.AllNamePlaces(context, rows, n_)) return;
    // Pieces of rows: no two threads ever add to the same element.
    const int64_t pieces = (inner_ + kPiece - 1) / kPiece;
    context.pool->ParallelFor(outer_ * pieces, GrainOf(rows * kPiece), [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t at = i % pieces * kPiece, width = std::min(kPiece, inner_ - at);
        const float* dy = dy_ + i / pieces * rows * inner_ + at;
        float* dx = dx_ + i / pieces * n_ * inner_ + at;
        for (int64_t k = 0; k < n_; ++k)
          std::memset(dx + k * inner_, 0, static_cast<size_t>(width) * sizeof(float));
        for (int64_t r = 0; r < rows; ++r)
          kernel.add(dy + r * inner_, dx + PlaceOf(indices_[r], n_) * inner_, width);
      }
    });
  }

 private:
  static constexpr int64_t kPiece = 256;

  const float* dy_;
  Indices indices_;
  int64_t rows_;
  float* dx_;
  int64_t outer_, n_, inner_;
};

}  // namespace

Status MakeGatherGradientF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 2, 1));
  KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(0), DType::kF32));
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(), DType::kF32));
  Indices indices;
  KPT_RETURN_IF_ERROR(Indices::Make(spec, *spec.in(1), &indices));
  std::vector<int64_t> dims;
  KPT_RETURN_IF_ERROR(ReadInts(spec, "dims", 3, 1, &dims));
  KPT_RETURN_IF_ERROR(CheckSize(spec, spec.out(), {dims[0], dims[1], dims[2]}));
  KPT_RETURN_IF_ERROR(CheckSize(spec, *spec.in(0), {dims[0], spec.in(1)->size(), dims[2]}));
  *out = std::make_unique<GatherGradientF32>(spec, indices, dims);
  return Status::Ok();
}

}  // namespace kompakt
