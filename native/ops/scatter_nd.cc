// Step scatter_nd: a copy of the data [sizes..., inner] in which every run of `inner` updates meets the run
// that its tuple of indices names, in order. A tuple out of range names none. SPDX-License-Identifier:
// Apache-2.0
#include "native/ops/copy_bytes.h"
#include "native/ops/index_tuples.h"
#include "native/ops/scatter.h"

namespace kompakt {
namespace {

template <typename T, typename Reduction>
class ScatterNdStep : public Step {
 public:
  ScatterNdStep(const StepSpec& spec, const IndexTuples& tuples, int64_t inner)
      : tuples_(tuples), inner_(inner), data_(*spec.in(0)), updates_(spec.in(2)->as<T>()), y_(spec.out()) {}

  void Run(const RunContext& context) override {
    CopyData(context, data_, y_);
    // Pieces of runs: no two threads ever write to the same element.
    const int64_t pieces = (inner_ + kPiece - 1) / kPiece, count = tuples_.count();
    context.pool->ParallelFor(pieces, GrainOf(count * kPiece), [&](int64_t begin, int64_t end, int) {
      const int64_t first = begin * kPiece, width = std::min(end * kPiece, inner_) - first;
      for (int64_t i = 0; i < count; ++i) {
        const int64_t place = tuples_.PlaceOrRefuse(context.refusal, i);
        if (place >= 0) Meet(updates_ + i * inner_ + first, y_.as<T>() + place * inner_ + first, width);
      }
    });
  }

 private:
  static constexpr int64_t kPiece = 256;

  static void Meet(const T* updates, T* y, int64_t width) {
    if (std::is_same_v<Reduction, Replace> && width > 1) {
      CopyBytes(y, updates, static_cast<size_t>(width) * sizeof(T));
      return;
    }
    for (int64_t i = 0; i < width; ++i) y[i] = Reduction::Of(y[i], updates[i]);
  }

  IndexTuples tuples_;
  int64_t inner_;
  TensorView data_;
  const T* updates_;
  TensorView y_;
};

}  // namespace

Status MakeScatterNd(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(CheckScatter(spec));
  IndexTuples tuples;
  KPT_RETURN_IF_ERROR(tuples.Make(spec, *spec.in(1)));
  std::vector<int64_t> inner;
  KPT_RETURN_IF_ERROR(ReadInts(spec, "inner", 1, 1, &inner));
  KPT_RETURN_IF_ERROR(CheckSize(spec, spec.out(), {tuples.places(), inner[0]}));
  KPT_RETURN_IF_ERROR(CheckSize(spec, *spec.in(2), {tuples.count(), inner[0]}));
  return ForReduction(spec, [&](auto tag, auto reduction) {
    using Made = ScatterNdStep<typename decltype(tag)::Type, decltype(reduction)>;
    *out = std::make_unique<Made>(spec, tuples, inner[0]);
    return Status::Ok();
  });
}

}  // namespace kompakt
