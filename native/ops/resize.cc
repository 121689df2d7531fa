// Step resize: separable resampling of NHWC images. One tap is nearest: pixels are copied.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/resize/resize.h"

#include <cstring>

#include "native/ops/checks.h"
#include "native/ops/copy_bytes.h"

namespace kompakt {
namespace {

struct Axis {
  const int32_t* index;
  const float* weight;
  int64_t size;
};

template <typename T>
void Mix(const T* const* taps, const float* h, const float* w, int count, T* y, int64_t channels);
template <>
void Mix(const float* const* taps, const float* h, const float* w, int count, float* y, int64_t channels) {
  BestResizeKernel().f32(taps, h, w, count, y, channels);
}
template <>
void Mix(const uint8_t* const* taps, const float* h, const float* w, int count, uint8_t* y,
         int64_t channels) {
  BestResizeKernel().u8(taps, h, w, count, y, channels);
}

/// Scratch of one thread: no two write to one cache line.
size_t TapBytes(int64_t taps) { return AlignUp(static_cast<size_t>(taps * taps) * sizeof(void*)); }

template <typename T>
class ResizeStep : public Step {
 public:
  ResizeStep(const StepSpec& spec, Axis h, Axis w, int taps)
      : x_(*spec.in(0)), y_(spec.out().as<T>()), h_(h), w_(w), taps_(taps) {}

  void Run(const RunContext& context) override {
    const int64_t channels = x_.dims[3], batch = x_.dims[0];
    const int64_t row_work = w_.size * channels * taps_ * taps_;
    context.pool->ParallelFor(
        batch * h_.size, GrainOf(row_work), [&](int64_t begin, int64_t end, int thread) {
          if (taps_ == 1) return CopyRows(begin, end);
          const T** taps =
              reinterpret_cast<const T**>(context.scratch + static_cast<size_t>(thread) * TapBytes(taps_));
          for (int64_t row = begin; row < end; ++row) RunRow(row, taps);
        });
  }

 private:
  void RunRow(int64_t row, const T** taps) const {
    const int64_t in_h = x_.dims[1], in_w = x_.dims[2], channels = x_.dims[3];
    const int64_t oh = row % h_.size;
    const T* image = x_.as<T>() + row / h_.size * in_h * in_w * channels;
    T* y = y_ + row * w_.size * channels;
    for (int64_t ow = 0; ow < w_.size; ++ow, y += channels) {
      for (int t = 0; t < taps_; ++t)
        for (int u = 0; u < taps_; ++u)
          taps[t * taps_ + u] =
              image + (h_.index[oh * taps_ + t] * in_w + w_.index[ow * taps_ + u]) * channels;
      Mix(taps, h_.weight + oh * taps_, w_.weight + ow * taps_, taps_, y, channels);
    }
  }

  /// Rows [begin, end); one that shows the same input row as the one before is a copy of it.
  void CopyRows(int64_t begin, int64_t end) const {
    const int64_t pixel = x_.dims[3], in_row = x_.dims[2] * pixel, out_row = w_.size * pixel;
    for (int64_t row = begin; row < end; ++row) {
      const int64_t oh = row % h_.size;
      T* y = y_ + row * out_row;
      if (row > begin && oh > 0 && h_.index[oh] == h_.index[oh - 1]) {
        std::memcpy(y, y - out_row, static_cast<size_t>(out_row) * sizeof(T));
        continue;
      }
      const T* x = x_.as<T>() + (row / h_.size * x_.dims[1] + h_.index[oh]) * in_row;
      for (int64_t ow = 0; ow < w_.size; ++ow)
        CopyBytes(y + ow * pixel, x + w_.index[ow] * pixel, static_cast<size_t>(pixel) * sizeof(T));
    }
  }

  TensorView x_;
  T* y_;
  Axis h_;
  Axis w_;
  int taps_;
};

Status ReadAxis(const StepSpec& spec, size_t input, int64_t in_size, int64_t out_size, int64_t taps,
                Axis* out) {
  const TensorView& index = *spec.in(input);
  const TensorView& weight = *spec.in(input + 1);
  KPT_RETURN_IF_ERROR(CheckDType(spec, index, DType::kS32));
  KPT_RETURN_IF_ERROR(CheckDType(spec, weight, DType::kF32));
  KPT_RETURN_IF_ERROR(CheckSize(spec, index, out_size * taps));
  KPT_RETURN_IF_ERROR(CheckSize(spec, weight, out_size * taps));
  if (!index.is_constant() || !weight.is_constant())
    return spec.Fail("indices and weights need to be constant");
  for (int64_t i = 0; i < index.size(); ++i)
    if (index.as<int32_t>()[i] < 0 || index.as<int32_t>()[i] >= in_size)
      return spec.Fail("an index reaches outside of x");
  *out = {index.as<int32_t>(), weight.as<float>(), out_size};
  return Status::Ok();
}

}  // namespace

Status MakeResize(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(5, 5, 1));
  const TensorView& x = *spec.in(0);
  const TensorView& y = spec.out();
  if (x.rank != 4 || y.rank != 4 || x.dims[0] != y.dims[0] || x.dims[3] != y.dims[3])
    return spec.Fail("expected x and y to be NHWC with the same N and C");
  if (x.dtype != DType::kU8) KPT_RETURN_IF_ERROR(CheckDType(spec, x, DType::kF32));
  KPT_RETURN_IF_ERROR(CheckDType(spec, y, x.dtype));
  const TensorView& h_index = *spec.in(1);
  const int64_t taps = h_index.rank == 2 ? h_index.dims[1] : 0;
  if (taps < 1 || taps > 4096) return spec.Fail("expected hIndex to be [OH,T]");
  Axis h, w;
  KPT_RETURN_IF_ERROR(ReadAxis(spec, 1, x.dims[1], y.dims[1], taps, &h));
  KPT_RETURN_IF_ERROR(ReadAxis(spec, 3, x.dims[2], y.dims[2], taps, &w));
  spec.scratch_bytes = TapBytes(taps) * static_cast<size_t>(spec.threads);
  if (x.dtype == DType::kU8)
    *out = std::make_unique<ResizeStep<uint8_t>>(spec, h, w, static_cast<int>(taps));
  else
    *out = std::make_unique<ResizeStep<float>>(spec, h, w, static_cast<int>(taps));
  return Status::Ok();
}

}  // namespace kompakt
