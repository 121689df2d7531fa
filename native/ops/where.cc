// Step where: elements of x where the condition is not 0, else of y; all three broadcast.
// SPDX-License-Identifier: Apache-2.0
#include "native/ops/broadcast.h"

namespace kompakt {
namespace {

constexpr int kOperands = 3;

template <typename T>
class WhereStep : public Step {
 public:
  Status Prepare(const StepSpec& spec) {
    const TensorView& out = spec.out();
    std::array<std::array<int64_t, kMaxRank>, kOperands> all;
    for (size_t i = 0; i < kOperands; ++i)
      if (!BroadcastStrides(*spec.in(i), out, &all[i]))
        return spec.Fail("an input does not broadcast to the output");
    // Dims that all operands walk through alike are one.
    int rank = 0;
    for (int d = 0; d < out.rank; ++d) {
      if (out.dims[d] == 1) continue;
      bool merge = rank > 0;
      for (size_t i = 0; merge && i < kOperands; ++i)
        merge = strides_[i][rank - 1] == all[i][d] * out.dims[d];
      if (!merge) dims_[rank++] = 1;
      dims_[rank - 1] *= out.dims[d];
      for (size_t i = 0; i < kOperands; ++i) strides_[i][rank - 1] = all[i][d];
    }
    if (rank > 0) rank_ = rank;
    for (int d = 0; d < rank_ - 1; ++d) outer_ *= dims_[d];
    condition_ = spec.in(0)->data;
    x_ = spec.in(1)->as<T>();
    y_ = spec.in(2)->as<T>();
    out_ = out.as<T>();
    return Status::Ok();
  }

  void Run(const RunContext& context) override {
    const int64_t length = dims_[rank_ - 1];
    if (length == 0 || outer_ == 0) return;
    const int64_t piece = length < kElementGrain ? length : kElementGrain;
    const int64_t pieces = (length + piece - 1) / piece;
    context.pool->ParallelFor(outer_ * pieces, GrainOf(piece), [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t outer = i / pieces, start = i % pieces * piece;
        std::array<int64_t, kOperands> at;
        for (size_t k = 0; k < kOperands; ++k) at[k] = start * strides_[k][rank_ - 1];
        int64_t rest = outer;
        for (int d = rank_ - 2; d >= 0; --d) {
          for (size_t k = 0; k < kOperands; ++k) at[k] += rest % dims_[d] * strides_[k][d];
          rest /= dims_[d];
        }
        Choose(condition_ + at[0], x_ + at[1], y_ + at[2], out_ + outer * length + start,
               length - start < piece ? length - start : piece);
      }
    });
  }

 private:
  /// Steps of the innermost loop are 0 or 1; those of x and y are known where the condition varies, so that
  /// compilers make vector instructions of the loop.
  void Choose(const uint8_t* condition, const T* x, const T* y, T* out, int64_t count) const {
    const int last = rank_ - 1;
    const int64_t x_step = strides_[1][last], y_step = strides_[2][last];
    if (strides_[0][last] == 0) {
      const T* from = *condition != 0 ? x : y;
      const int64_t step = *condition != 0 ? x_step : y_step;
      for (int64_t i = 0; i < count; ++i) out[i] = from[i * step];
    } else if (x_step == 0) {
      if (y_step == 0)
        Loop<0, 0>(condition, x, y, out, count);
      else
        Loop<0, 1>(condition, x, y, out, count);
    } else if (y_step == 0) {
      Loop<1, 0>(condition, x, y, out, count);
    } else {
      Loop<1, 1>(condition, x, y, out, count);
    }
  }

  template <int kXStep, int kYStep>
  static void Loop(const uint8_t* condition, const T* x, const T* y, T* out, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      const T a = x[i * kXStep], b = y[i * kYStep];
      out[i] = condition[i] != 0 ? a : b;
    }
  }

  int rank_ = 1;
  int64_t outer_ = 1;
  std::array<int64_t, kMaxRank> dims_{1};
  std::array<std::array<int64_t, kMaxRank>, kOperands> strides_{};
  const uint8_t* condition_ = nullptr;
  const T* x_ = nullptr;
  const T* y_ = nullptr;
  T* out_ = nullptr;
};

template <typename T>
Status MakeOf(const StepSpec& spec, std::unique_ptr<Step>* out) {
  auto step = std::make_unique<WhereStep<T>>();
  KPT_RETURN_IF_ERROR(step->Prepare(spec));
  *out = std::move(step);
  return Status::Ok();
}

}  // namespace

Status MakeWhere(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(3, 3, 1));
  KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(0), DType::kU8));
  for (size_t i : {1, 2}) KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(i), spec.out().dtype));
  switch (DTypeBytes(spec.out().dtype)) {
    case 1:
      return MakeOf<uint8_t>(spec, out);
    case 2:
      return MakeOf<uint16_t>(spec, out);
    case 4:
      return MakeOf<uint32_t>(spec, out);
    default:
      return MakeOf<uint64_t>(spec, out);
  }
}

}  // namespace kompakt
