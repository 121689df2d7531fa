// Step reverse_sequence: runs of `inner` elements, of which the first of every sequence of a batch change
// places, last with first. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "native/ops/checks.h"
#include "native/ops/copy_bytes.h"

namespace kompakt {
namespace {

class ReverseSequenceStep : public Step {
 public:
  ReverseSequenceStep(const StepSpec& spec, const std::vector<int64_t>& dims, bool time_first)
      : x_(spec.in(0)->data),
        lengths_(spec.in(1)->as<int64_t>()),
        y_(spec.out().data),
        first_(dims[0]),
        second_(dims[1]),
        inner_(dims[2]),
        time_first_(time_first),
        run_bytes_(static_cast<size_t>(inner_) * DTypeBytes(spec.out().dtype)) {}

  void Run(const RunContext& context) override {
    const int64_t times = time_first_ ? first_ : second_, stride = time_first_ ? second_ : 1;
    context.pool->ParallelFor(
        first_ * second_, GrainOf(inner_), [=, refusal = context.refusal](int64_t begin, int64_t end, int) {
          for (int64_t i = begin; i < end; ++i) {
            const int64_t sequence = time_first_ ? i % second_ : i / second_;
            const int64_t time = time_first_ ? i / second_ : i % second_;
            int64_t length = lengths_[sequence];
            if (length < 0 || length > times) {
              refusal->Set("a length", length, 0, times);
              length = 0;
            }
            const int64_t from = time < length ? i + (length - 1 - 2 * time) * stride : i;
            CopyBytes(y_ + static_cast<size_t>(i) * run_bytes_, x_ + static_cast<size_t>(from) * run_bytes_,
                      run_bytes_);
          }
        });
  }

 private:
  const uint8_t* x_;
  const int64_t* lengths_;
  uint8_t* y_;
  int64_t first_, second_, inner_;
  bool time_first_;
  size_t run_bytes_;
};

}  // namespace

Status MakeReverseSequence(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 2, 1));
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(), spec.in(0)->dtype));
  KPT_RETURN_IF_ERROR(CheckSameSize(spec, *spec.in(0), spec.out()));
  KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(1), DType::kS64));
  for (size_t i : {0, 1})
    if (IsWrittenOver(spec, *spec.in(i))) return spec.Fail("it cannot work in place");
  std::vector<int64_t> dims;
  KPT_RETURN_IF_ERROR(ReadInts(spec, "dims", 3, 0, &dims));
  KPT_RETURN_IF_ERROR(CheckSize(spec, *spec.in(0), {dims[0], dims[1], dims[2]}));
  int64_t time_first = 0;
  KPT_RETURN_IF_ERROR(spec.params.Int("timeFirst", &time_first));
  KPT_RETURN_IF_ERROR(CheckSize(spec, *spec.in(1), time_first != 0 ? dims[1] : dims[0]));
  *out = std::make_unique<ReverseSequenceStep>(spec, dims, time_first != 0);
  return Status::Ok();
}

}  // namespace kompakt
