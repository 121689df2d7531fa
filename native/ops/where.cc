// Step where: elements of x where the condition is not 0, else of y; all three broadcast.
// SPDX-License-Identifier: Apache-2.0
#include "native/ops/broadcast.h"
#include "native/ops/loops.h"

namespace kompakt {
namespace {

constexpr size_t kOperands = 3;

template <typename T>
class WhereStep : public Step {
 public:
  Status Prepare(const StepSpec& spec) {
    const TensorView& out = spec.out();
    std::array<std::array<int64_t, kMaxRank>, kOperands> strides;
    for (size_t i = 0; i < kOperands; ++i)
      if (!BroadcastStrides(*spec.in(i), out, &strides[i]))
        return spec.Fail("an input does not broadcast to the output");
    for (int d = 0; d < out.rank; ++d) loops_.Add(out.dims[d], {strides[0][d], strides[1][d], strides[2][d]});
    condition_ = spec.in(0)->data;
    x_ = spec.in(1)->as<T>();
    y_ = spec.in(2)->as<T>();
    out_ = out.as<T>();
    return Status::Ok();
  }

  void Run(const RunContext& context) override {
    using At = typename Loops<kOperands>::Offsets;
    loops_.ForEach(context, 1, [this](const At& at, int64_t first, int64_t count) {
      Choose(condition_ + at[0], x_ + at[1], y_ + at[2], out_ + first, count);
    });
  }

 private:
  /// Steps of the innermost loop are 0 or 1; those of x and y are known where the condition varies, so that
  /// compilers make vector instructions of the loop.
  void Choose(const uint8_t* condition, const T* x, const T* y, T* out, int64_t count) const {
    const int64_t x_step = loops_.step(1), y_step = loops_.step(2);
    if (loops_.step(0) == 0) {
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

  Loops<kOperands> loops_;
  const uint8_t* condition_ = nullptr;
  const T* x_ = nullptr;
  const T* y_ = nullptr;
  T* out_ = nullptr;
};

}  // namespace

Status MakeWhere(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(3, 3, 1));
  KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(0), DType::kU8));
  for (size_t i : {1, 2}) KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(i), spec.out().dtype));
  return ForElementSize(spec.out().dtype, [&](auto tag) {
    auto step = std::make_unique<WhereStep<typename decltype(tag)::Type>>();
    KPT_RETURN_IF_ERROR(step->Prepare(spec));
    *out = std::move(step);
    return Status::Ok();
  });
}

}  // namespace kompakt
