// Step tensor_scatter: a copy of the data [batch, outer, length, inner] in which the update takes the places
// along the length from where its sample says, in circles or not beyond the end.
// SPDX-License-Identifier: Apache-2.0
#include "native/ops/copy_bytes.h"
#include "native/ops/scatter.h"

namespace kompakt {
namespace {

struct Places {
  int64_t batch, outer, length, inner;
  int64_t written;
  bool circular;
};

class TensorScatterStep : public Step {
 public:
  TensorScatterStep(const StepSpec& spec, const Places& places, const Indices& starts)
      : places_(places),
        starts_(starts),
        data_(*spec.in(0)),
        updates_(spec.in(2)->data),
        y_(spec.out()),
        place_bytes_(static_cast<size_t>(places.inner) * DTypeBytes(y_.dtype)) {}

  void Run(const RunContext& context) override {
    CopyData(context, data_, y_);
    const int64_t length = places_.length, written = places_.written;
    if (written == 0) return;
    context.pool->ParallelFor(places_.batch * places_.outer, GrainOf(written * places_.inner),
                              [&](int64_t begin, int64_t end, int) {
                                for (int64_t i = begin; i < end; ++i) {
                                  const int64_t start = starts_[i / places_.outer];
                                  if (!MayStart(context.refusal, start)) continue;
                                  const int64_t first = start % length;
                                  const int64_t left = length - first,
                                                before = left < written ? left : written;
                                  Put(i, first, 0, before);
                                  Put(i, 0, before, written - before);
                                }
                              });
  }

 private:
  bool MayStart(Refusal* refusal, int64_t start) const {
    const int64_t last = places_.length - places_.written;
    if (start >= 0 && (places_.circular || start <= last)) return true;
    if (places_.circular)
      refusal->Set("a start of 0 or more", start, 1, 0);
    else
      refusal->Set("a start", start, 0, last);
    return false;
  }

  /// `count` places of block i: those of the update that begin at `from` take those that begin at `to`.
  void Put(int64_t i, int64_t to, int64_t from, int64_t count) const {
    CopyBytes(y_.data + static_cast<size_t>(i * places_.length + to) * place_bytes_,
              updates_ + static_cast<size_t>(i * places_.written + from) * place_bytes_,
              static_cast<size_t>(count) * place_bytes_);
  }

  Places places_;
  Indices starts_;
  TensorView data_;
  const uint8_t* updates_;
  TensorView y_;
  size_t place_bytes_;
};

}  // namespace

Status MakeTensorScatter(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(CheckScatter(spec));
  Indices starts;
  KPT_RETURN_IF_ERROR(Indices::Make(spec, *spec.in(1), &starts));
  std::vector<int64_t> dims, written;
  KPT_RETURN_IF_ERROR(ReadInts(spec, "dims", 4, 0, &dims));
  KPT_RETURN_IF_ERROR(ReadInts(spec, "written", 1, 0, &written));
  int64_t circular = 0;
  KPT_RETURN_IF_ERROR(spec.params.Int("circular", &circular));
  if (written[0] > dims[2]) return spec.Fail("more is written than there are places");
  KPT_RETURN_IF_ERROR(CheckSize(spec, *spec.in(0), {dims[0], dims[1], dims[2], dims[3]}));
  KPT_RETURN_IF_ERROR(CheckSize(spec, *spec.in(2), {dims[0], dims[1], written[0], dims[3]}));
  KPT_RETURN_IF_ERROR(CheckSize(spec, *spec.in(1), dims[0]));
  *out = std::make_unique<TensorScatterStep>(
      spec, Places{dims[0], dims[1], dims[2], dims[3], written[0], circular != 0}, starts);
  return Status::Ok();
}

}  // namespace kompakt
