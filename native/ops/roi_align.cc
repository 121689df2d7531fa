// Step roi_align: regions of NHWC images pooled to one size from points between the pixels, in float64 as the
// reference computes them. SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include "native/ops/checks.h"

namespace kompakt {
namespace {

/// Points of one bin. The reference refuses more; here their rows and columns are then cut short.
constexpr int64_t kMaxPoints = int64_t{1} << 20;
constexpr int64_t kMostOfSide = int64_t{1} << 10;

/// One side of a region.
struct Side {
  double first;
  /// Length of a bin.
  double bin;
  /// Of a bin.
  int64_t points;

  double At(int64_t bin_index, int64_t point) const {
    const double start = first + static_cast<double>(bin_index) * bin;
    return start + (static_cast<double>(point) + 0.5) * bin / static_cast<double>(points);
  }
};

/// The pixels before and behind a point on one axis.
struct Between {
  int64_t low, high;
  /// Of `high`.
  double weight;

  /// False for outside. Beside no number the weight is none.
  bool Make(double at, int64_t size) {
    const double last = static_cast<double>(size - 1);
    if (at < -1 || at > static_cast<double>(size)) return false;
    const double inside = at < 0 ? 0 : at, floor = std::floor(inside);
    low = floor < last ? static_cast<int64_t>(floor) : inside == inside ? size - 1 : 0;
    high = low + 1 < size ? low + 1 : low;
    weight = floor >= last ? 0 : inside - floor;
    return true;
  }
};

/// sums[c] + the four terms of a point, from left to right.
void AddPoint(const float* const* pixels, const double* weights, double* __restrict sums, int64_t channels) {
  for (int64_t c = 0; c < channels; ++c) {
    double sum = sums[c];
    for (int t = 0; t < 4; ++t) sum += weights[t] * static_cast<double>(pixels[t][c]);
    sums[c] = sum;
  }
}

/// The larger of most[c] and the four terms; NaN where one is.
void MaxPoint(const float* const* pixels, const double* weights, double* __restrict most, int64_t channels) {
  for (int64_t c = 0; c < channels; ++c) {
    double best = most[c];
    for (int t = 0; t < 4; ++t) {
      const double term = weights[t] * static_cast<double>(pixels[t][c]);
      best = (term > best) | (term != term) ? term : best;
    }
    most[c] = best;
  }
}

struct Pooling {
  bool max;
  bool half_pixel;
  double scale;
  /// Points of a bin along either side; 0 for one about every pixel.
  int64_t samples;
};

class RoiAlignStep : public Step {
 public:
  RoiAlignStep(const StepSpec& spec, const Pooling& pooling)
      : pooling_(pooling),
        x_(*spec.in(0)),
        regions_(spec.in(1)->as<float>()),
        images_(spec.in(2)->as<int64_t>()),
        y_(spec.out()),
        thread_bytes_(AlignUp(static_cast<size_t>(x_.dims[3]) * sizeof(double))) {
    spec.scratch_bytes = thread_bytes_ * static_cast<size_t>(spec.threads);
  }

  void Run(const RunContext& context) override {
    constexpr int64_t kPointsOfBin = 4;
    context.pool->ParallelFor(y_.dims[0] * y_.dims[1] * y_.dims[2], GrainOf(x_.dims[3] * 4 * kPointsOfBin),
                              [&](int64_t begin, int64_t end, int thread) {
                                double* sums = reinterpret_cast<double*>(
                                    context.scratch + thread_bytes_ * static_cast<size_t>(thread));
                                for (int64_t i = begin; i < end; ++i) Pool(context.refusal, i, sums);
                              });
  }

 private:
  Side SideOf(float low, float high, int64_t bins) const {
    const double shift = pooling_.half_pixel ? 0.5 : 0;
    const double first = static_cast<double>(low) * pooling_.scale - shift;
    double length = static_cast<double>(high) * pooling_.scale - shift - first;
    // Old coordinates never let a region be smaller than a pixel.
    if (!pooling_.half_pixel && length < 1) length = 1;
    const double bin = length / static_cast<double>(bins), points = std::ceil(bin);
    if (pooling_.samples > 0) return {first, bin, pooling_.samples};
    constexpr double kMost = kMaxPoints + 1;
    return {first, bin, points > 0 ? static_cast<int64_t>(points < kMost ? points : kMost) : 0};
  }

  /// One output pixel.
  void Pool(Refusal* refusal, int64_t i, double* sums) const {
    const int64_t height = x_.dims[1], width = x_.dims[2], channels = x_.dims[3];
    const int64_t rows = y_.dims[1], columns = y_.dims[2];
    const int64_t r = i / (rows * columns), row = i / columns % rows, column = i % columns;
    Side h = SideOf(regions_[4 * r + 1], regions_[4 * r + 3], rows);
    Side w = SideOf(regions_[4 * r], regions_[4 * r + 2], columns);
    int64_t points = h.points * w.points;
    if (points > kMaxPoints) {
      refusal->Set("regions whose bins have at most 1048576 points", points, 1, 0);
      points = 0;
    }
    const double start = pooling_.max && points > 0 ? -std::numeric_limits<double>::infinity() : 0;
    for (int64_t c = 0; c < channels; ++c) sums[c] = start;
    const int64_t last = x_.dims[0] - 1, named = images_[r];
    if (named < 0 || named > last) refusal->Set("an index", named, 0, last);
    const int64_t image = named < 0 || named > last ? 0 : named;
    const float* x = x_.as<float>() + image * height * width * channels;
    for (int64_t p = 0; p < points; ++p) {
      Between v, u;
      if (v.Make(h.At(row, p / w.points), height) && u.Make(w.At(column, p % w.points), width)) {
        const double weights[] = {(1 - v.weight) * (1 - u.weight), (1 - v.weight) * u.weight,
                                  v.weight * (1 - u.weight), v.weight * u.weight};
        const float *top = x + v.low * width * channels, *bottom = x + v.high * width * channels;
        const float* pixels[] = {top + u.low * channels, top + u.high * channels, bottom + u.low * channels,
                                 bottom + u.high * channels};
        (pooling_.max ? MaxPoint : AddPoint)(pixels, weights, sums, channels);
      } else if (pooling_.max) {
        for (int64_t c = 0; c < channels; ++c) sums[c] = sums[c] < 0 ? 0 : sums[c];
      }
    }
    float* y = y_.as<float>() + i * channels;
    const double count = pooling_.max || points == 0 ? 1 : static_cast<double>(points);
    // A largest term of -0 counts as 0, whichever came first.
    for (int64_t c = 0; c < channels; ++c) y[c] = static_cast<float>(sums[c] / count + 0.0);
  }

  Pooling pooling_;
  TensorView x_;
  const float* regions_;
  const int64_t* images_;
  TensorView y_;
  size_t thread_bytes_;
};

}  // namespace

Status MakeRoiAlign(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(3, 3, 1));
  const TensorView &x = *spec.in(0), &regions = *spec.in(1), &y = spec.out();
  for (const TensorView* tensor : {&x, &regions, &y})
    KPT_RETURN_IF_ERROR(CheckDType(spec, *tensor, DType::kF32));
  KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(2), DType::kS64));
  if (x.rank != 4 || y.rank != 4 || x.dims[3] != y.dims[3] || x.size() == 0)
    return spec.Fail("expected x and y to be NHWC with the same C, and pixels in x");
  KPT_RETURN_IF_ERROR(CheckSize(spec, regions, {y.dims[0], 4}));
  KPT_RETURN_IF_ERROR(CheckSize(spec, *spec.in(2), y.dims[0]));
  std::string mode;
  int64_t half_pixel = 0, samples = 0;
  float scale = 0;
  KPT_RETURN_IF_ERROR(spec.params.Text("mode", &mode));
  KPT_RETURN_IF_ERROR(spec.params.Int("halfPixel", &half_pixel));
  KPT_RETURN_IF_ERROR(spec.params.Int("samples", &samples));
  KPT_RETURN_IF_ERROR(spec.params.Float("scale", &scale));
  if (mode != "avg" && mode != "max") return spec.Fail("unknown mode '" + mode + "'");
  if (samples < 0 || samples > kMostOfSide) return spec.Fail("samples is not in 0..1024");
  *out = std::make_unique<RoiAlignStep>(
      spec, Pooling{mode == "max", half_pixel != 0, static_cast<double>(scale), samples});
  return Status::Ok();
}

}  // namespace kompakt
