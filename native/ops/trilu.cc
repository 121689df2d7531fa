// Step trilu: matrices of which one triangle stays and the other becomes zero, in rows of bytes.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "native/ops/checks.h"
#include "native/ops/copy_bytes.h"

namespace kompakt {
namespace {

class TriluStep : public Step {
 public:
  Status Prepare(const StepSpec& spec) {
    int64_t upper = 0;
    int32_t zero = 0;
    std::vector<int64_t> dims;
    KPT_RETURN_IF_ERROR(ReadInts(spec, "dims", 3, 0, &dims));
    KPT_RETURN_IF_ERROR(CheckSize(spec, *spec.in(0), {dims[0], dims[1], dims[2]}));
    KPT_RETURN_IF_ERROR(spec.params.Int("k", &k_));
    KPT_RETURN_IF_ERROR(spec.params.Int("upper", &upper));
    KPT_RETURN_IF_ERROR(ReadByte(spec, "zero", &zero));
    rows_ = dims[1];
    columns_ = dims[2];
    all_rows_ = columns_ > 0 ? spec.out().size() / columns_ : 0;
    upper_ = upper != 0;
    zero_ = zero;
    bytes_ = DTypeBytes(spec.out().dtype);
    x_ = spec.in(0)->data;
    y_ = spec.out().data;
    return Status::Ok();
  }

  void Run(const RunContext& context) override {
    const size_t row_bytes = static_cast<size_t>(columns_) * bytes_;
    context.pool->ParallelFor(all_rows_, GrainOf(columns_), [&](int64_t begin, int64_t end, int) {
      for (int64_t row = begin; row < end; ++row) {
        // Columns before this one are below the diagonal; the lower triangle has the diagonal itself, too.
        const int64_t column = row % rows_ + k_ + (upper_ ? 0 : 1);
        const size_t split = static_cast<size_t>(std::min(std::max<int64_t>(column, 0), columns_)) * bytes_;
        const uint8_t* x = x_ + static_cast<size_t>(row) * row_bytes;
        uint8_t* y = y_ + static_cast<size_t>(row) * row_bytes;
        if (upper_) {
          std::memset(y, zero_, split);
          CopyBytes(y + split, x + split, row_bytes - split);
        } else {
          CopyBytes(y, x, split);
          std::memset(y + split, zero_, row_bytes - split);
        }
      }
    });
  }

 private:
  int64_t all_rows_ = 0, rows_ = 1, columns_ = 0, k_ = 0;
  bool upper_ = true;
  int zero_ = 0;
  size_t bytes_ = 1;
  const uint8_t* x_ = nullptr;
  uint8_t* y_ = nullptr;
};

}  // namespace

Status MakeTrilu(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(1, 1, 1));
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(), spec.in(0)->dtype));
  KPT_RETURN_IF_ERROR(CheckSameSize(spec, *spec.in(0), spec.out()));
  if (IsWrittenOver(spec, *spec.in(0))) return spec.Fail("it cannot work in place");
  auto step = std::make_unique<TriluStep>();
  KPT_RETURN_IF_ERROR(step->Prepare(spec));
  *out = std::move(step);
  return Status::Ok();
}

}  // namespace kompakt
