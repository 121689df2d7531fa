// Step grid_sample: pixels of NHWC images at the points of a grid, mixed from those around them by the kernel
// of resize. SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "native/kernels/resize/resize.h"
#include "native/ops/checks.h"
#include "native/ops/copy_bytes.h"

namespace kompakt {
namespace {

enum class Mode { kNearest, kLinear, kCubic };
enum class Padding { kZeros, kBorder, kReflection };

constexpr int kMaxTaps = 4;
constexpr double kCubicA = -0.75;

/// Mirrored at both ends until it lies between them.
double Mirrored(double x, double low, double high) {
  const double range = high - low;
  if (range == 0) return low;
  const double phase = std::fmod(std::fmod(x - low, 2 * range) + 2 * range, 2 * range);
  return low + (phase <= range ? phase : 2 * range - phase);
}

double CubicWeight(double d) {
  d = std::fabs(d);
  if (d <= 1) return ((kCubicA + 2) * d - (kCubicA + 3)) * d * d + 1;
  return d < 2 ? kCubicA * (((d - 5) * d + 8) * d - 4) : 0;
}

/// How coordinates of one spatial axis become places and weights, in float64 as the reference computes them.
struct Axis {
  int64_t size;
  Padding padding;
  bool corners;

  double Position(float coordinate) const {
    const double c = static_cast<double>(coordinate), n = static_cast<double>(size);
    return corners ? (c + 1) / 2 * (n - 1) : ((c + 1) * n - 1) / 2;
  }

  double Padded(double x) const {
    const double last = static_cast<double>(size - 1);
    if (padding == Padding::kZeros) return x;
    if (padding == Padding::kBorder) return std::fmin(last, std::fmax(0.0, x));
    return corners ? Mirrored(x, 0, last) : Mirrored(x, -0.5, last + 0.5);
  }

  /// -1 for outside.
  int64_t Place(double at) const {
    const double place = Padded(at);
    return place >= 0 && place < static_cast<double>(size) ? static_cast<int64_t>(place) : -1;
  }

  void Taps(double x, Mode mode, int64_t* places, float* weights) const {
    if (mode == Mode::kNearest) {
      places[0] = Place(std::nearbyint(Padded(x)));
      return;
    }
    const bool linear = mode == Mode::kLinear;
    const double center = linear ? Padded(x) : x;
    const double first = std::floor(center) - (linear ? 0 : 1);
    for (int t = 0; t < (linear ? 2 : 4); ++t) {
      const double distance = first + t - center;
      places[t] = Place(first + t);
      weights[t] =
          static_cast<float>(linear ? std::fmax(0.0, 1 - std::fabs(distance)) : CubicWeight(distance));
    }
  }
};

class GridSampleStep : public Step {
 public:
  GridSampleStep(const StepSpec& spec, Mode mode, Padding padding, bool corners)
      : x_(*spec.in(0)),
        grid_(spec.in(1)->as<float>()),
        y_(spec.out().as<float>()),
        points_(spec.out().dims[1] * spec.out().dims[2]),
        mode_(mode),
        h_{x_.dims[1], padding, corners},
        w_{x_.dims[2], padding, corners} {
    spec.scratch_bytes = AlignUp(static_cast<size_t>(x_.dims[3]) * sizeof(float));
  }

  void Run(const RunContext& context) override {
    const int64_t channels = x_.dims[3];
    float* zeros = reinterpret_cast<float*>(context.scratch);
    std::memset(zeros, 0, static_cast<size_t>(channels) * sizeof(float));
    constexpr int64_t kTapsCost = 32;
    context.pool->ParallelFor(x_.dims[0] * points_, GrainOf(channels * 4 + kTapsCost),
                              [&](int64_t begin, int64_t end, int) {
                                for (int64_t i = begin; i < end; ++i) Sample(i, zeros);
                              });
  }

 private:
  void Sample(int64_t i, const float* zeros) const {
    const int64_t channels = x_.dims[3];
    float* y = y_ + i * channels;
    // The last coordinate belongs to the first spatial axis.
    const double w = w_.Position(grid_[2 * i]), h = h_.Position(grid_[2 * i + 1]);
    if (!std::isfinite(w) || !std::isfinite(h)) {
      std::memset(y, 0, static_cast<size_t>(channels) * sizeof(float));
      return;
    }
    int64_t rows[kMaxTaps], columns[kMaxTaps];
    float h_weights[kMaxTaps], w_weights[kMaxTaps];
    h_.Taps(h, mode_, rows, h_weights);
    w_.Taps(w, mode_, columns, w_weights);
    const float* image = x_.as<float>() + i / points_ * h_.size * w_.size * channels;
    const auto pixel = [&](int64_t row, int64_t column) {
      return row < 0 || column < 0 ? zeros : image + (row * w_.size + column) * channels;
    };
    if (mode_ == Mode::kNearest) {
      CopyBytes(y, pixel(rows[0], columns[0]), static_cast<size_t>(channels) * sizeof(float));
      return;
    }
    const int count = mode_ == Mode::kLinear ? 2 : 4;
    const float* taps[kMaxTaps * kMaxTaps];
    for (int t = 0; t < count; ++t)
      for (int u = 0; u < count; ++u) taps[t * count + u] = pixel(rows[t], columns[u]);
    BestResizeKernel().f32(taps, h_weights, w_weights, count, y, channels);
  }

  TensorView x_;
  const float* grid_;
  float* y_;
  int64_t points_;
  Mode mode_;
  Axis h_, w_;
};

}  // namespace

Status MakeGridSample(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 2, 1));
  const TensorView &x = *spec.in(0), &grid = *spec.in(1), &y = spec.out();
  for (const TensorView* tensor : {&x, &grid, &y})
    KPT_RETURN_IF_ERROR(CheckDType(spec, *tensor, DType::kF32));
  if (x.rank != 4 || y.rank != 4 || x.dims[0] != y.dims[0] || x.dims[3] != y.dims[3])
    return spec.Fail("expected x and y to be NHWC with the same N and C");
  KPT_RETURN_IF_ERROR(CheckSize(spec, grid, {y.dims[0], y.dims[1], y.dims[2], 2}));
  std::string mode, padding;
  int64_t corners = 0;
  KPT_RETURN_IF_ERROR(spec.params.Text("mode", &mode));
  KPT_RETURN_IF_ERROR(spec.params.Text("padding", &padding));
  KPT_RETURN_IF_ERROR(spec.params.Int("corners", &corners));
  if (mode != "nearest" && mode != "linear" && mode != "cubic")
    return spec.Fail("unknown mode '" + mode + "'");
  if (padding != "zeros" && padding != "border" && padding != "reflection")
    return spec.Fail("unknown padding '" + padding + "'");
  *out = std::make_unique<GridSampleStep>(spec,
                                          mode == "nearest"  ? Mode::kNearest
                                          : mode == "linear" ? Mode::kLinear
                                                             : Mode::kCubic,
                                          padding == "zeros"    ? Padding::kZeros
                                          : padding == "border" ? Padding::kBorder
                                                                : Padding::kReflection,
                                          corners != 0);
  return Status::Ok();
}

}  // namespace kompakt
