// Step pack_bits: rows of values to rows of bits.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/pack_bits/pack_bits.h"

#include "native/ops/checks.h"

namespace kompakt {
namespace {

class PackBitsStep : public Step {
 public:
  Status Make(const StepSpec& spec) {
    const TensorView &x = *spec.in(0), &threshold = *spec.in(1), &flip = *spec.in(2);
    if (x.dtype != DType::kU8) KPT_RETURN_IF_ERROR(CheckDType(spec, x, DType::kF32));
    KPT_RETURN_IF_ERROR(CheckDType(spec, threshold, x.dtype));
    KPT_RETURN_IF_ERROR(CheckDType(spec, flip, DType::kU8));
    KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(), DType::kU8));
    if (x.rank < 1) return spec.Fail("x must have channels");
    count_ = x.dims[x.rank - 1];
    bytes_ = (count_ + 7) / 8;
    if (threshold.size() != count_ || flip.size() != bytes_)
      return spec.Fail("threshold and flip must have a value per channel");
    for (int i = 0; i + 1 < x.rank; ++i) rows_ *= x.dims[i];
    if (count_ == 0) rows_ = 0;
    KPT_RETURN_IF_ERROR(CheckSize(spec, spec.out(), {rows_, bytes_}));
    x_ = x, threshold_ = threshold, flip_ = flip.data, y_ = spec.out().data;
    return Status::Ok();
  }

  void Run(const RunContext& context) override {
    const PackBitsKernel& kernel = BestPackBitsKernel();
    context.pool->ParallelFor(rows_, GrainOf(count_), [&](int64_t begin, int64_t end, int) {
      uint8_t* y = y_ + begin * bytes_;
      const int64_t at = begin * count_;
      if (x_.dtype == DType::kF32)
        kernel.f32(x_.as<float>() + at, threshold_.as<float>(), flip_, y, end - begin, count_);
      else
        kernel.u8(x_.data + at, threshold_.data, flip_, y, end - begin, count_);
    });
  }

 private:
  TensorView x_, threshold_;
  const uint8_t* flip_ = nullptr;
  uint8_t* y_ = nullptr;
  int64_t rows_ = 1, count_ = 0, bytes_ = 0;
};

}  // namespace

Status MakePackBits(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(3, 3, 1));
  auto step = std::make_unique<PackBitsStep>();
  KPT_RETURN_IF_ERROR(step->Make(spec));
  *out = std::move(step);
  return Status::Ok();
}

}  // namespace kompakt
