// Steps batch_norm_f32 and batch_norm_gradient_f32: training by the statistics of a batch [rows, channels].
// Rows are cut into blocks by the number of channels alone; what a block gives is combined in order of the
// blocks, in double precision, so that threads do not show. SPDX-License-Identifier: Apache-2.0
#include "native/kernels/batch_norm_f32/batch_norm_f32.h"

#include <algorithm>
#include <cmath>

#include "native/ops/checks.h"

namespace kompakt {
namespace {

struct Rows {
  int64_t rows = 0, channels = 0, block = 1, blocks = 0;

  Status Read(const StepSpec& spec, const TensorView& x, size_t first_channel_input) {
    if (x.rank < 2) return spec.Fail("expected [..., channels]");
    channels = x.dims[x.rank - 1];
    if (channels == 0) return spec.Fail("expected channels");
    rows = x.size() / channels;
    // A block is read twice: it should stay in the first-level cache.
    constexpr int64_t kBlockFloats = 4096;
    block = std::max<int64_t>(kBlockFloats / channels, 16);
    blocks = (rows + block - 1) / block;
    for (size_t i = first_channel_input; i < spec.inputs.size(); ++i) {
      KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(i), DType::kF32));
      KPT_RETURN_IF_ERROR(CheckSize(spec, *spec.in(i), channels));
    }
    for (size_t i = 0; i < spec.outputs.size(); ++i) {
      KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(i), DType::kF32));
      KPT_RETURN_IF_ERROR(CheckSize(spec, spec.out(i), i == 0 ? x.size() : channels));
    }
    return CheckDType(spec, x, DType::kF32);
  }

  int64_t RowsOf(int64_t b) const { return std::min(block, rows - b * block); }

  /// Calls body(block) for all blocks, in parallel.
  template <typename Body>
  void ForEach(const RunContext& context, const Body& body) const {
    context.pool->ParallelFor(blocks, GrainOf(block * channels), [&](int64_t begin, int64_t end, int) {
      for (int64_t b = begin; b < end; ++b) body(b);
    });
  }
};

class BatchNormF32 : public Step {
 public:
  BatchNormF32(const Rows& rows, float epsilon, float momentum, const StepSpec& spec)
      : rows_(rows), epsilon_(epsilon), momentum_(momentum) {
    for (size_t i = 0; i < 5; ++i) {
      in_[i] = spec.in(i)->as<float>();
      out_[i] = spec.out(i).as<float>();
    }
    spec.scratch_bytes = static_cast<size_t>((2 * rows_.blocks + 1) * rows_.channels) * sizeof(float);
  }

  void Run(const RunContext& context) override {
    const BatchNormKernel& kernel = BestBatchNormKernel();
    const int64_t c = rows_.channels, stride = rows_.block * c;
    float* means = reinterpret_cast<float*>(context.scratch);
    float* squares = means + rows_.blocks * c;
    float* factor = squares + rows_.blocks * c;
    rows_.ForEach(context, [&](int64_t b) {
      kernel.moments(in_[0] + b * stride, rows_.RowsOf(b), c, means + b * c, squares + b * c);
    });
    for (int64_t i = 0; i < c; ++i) Combine(means + i, squares + i, i, factor);
    rows_.ForEach(context, [&](int64_t b) {
      kernel.normalize(in_[0] + b * stride, rows_.RowsOf(b), c, out_[3], factor, in_[2],
                       out_[0] + b * stride);
    });
  }

 private:
  /// Chan's update of mean and sum of squares, block by block; then what follows from them for channel i.
  void Combine(const float* means, const float* squares, int64_t i, float* factor) const {
    double mean = 0.0, square = 0.0, count = 0.0;
    for (int64_t b = 0; b < rows_.blocks; ++b) {
      const double n = static_cast<double>(rows_.RowsOf(b)), total = count + n;
      const double delta = static_cast<double>(means[b * rows_.channels]) - mean;
      mean += delta * n / total;
      square += static_cast<double>(squares[b * rows_.channels]) + delta * delta * count * n / total;
      count = total;
    }
    const double variance = square / count;
    const double inverse = 1.0 / std::sqrt(variance + static_cast<double>(epsilon_));
    const double keep = static_cast<double>(momentum_);
    factor[i] = static_cast<float>(inverse * static_cast<double>(in_[1][i]));
    out_[1][i] = static_cast<float>(static_cast<double>(in_[3][i]) * keep + mean * (1.0 - keep));
    out_[2][i] = static_cast<float>(static_cast<double>(in_[4][i]) * keep + variance * (1.0 - keep));
    out_[3][i] = static_cast<float>(mean);
    out_[4][i] = static_cast<float>(inverse);
  }

  Rows rows_;
  float epsilon_, momentum_;
  /// x, scale, shift, running mean and variance.
  std::array<const float*, 5> in_{};
  /// y, new running mean and variance, mean and 1 / deviation of the batch.
  std::array<float*, 5> out_{};
};

class BatchNormGradientF32 : public Step {
 public:
  BatchNormGradientF32(const Rows& rows, const StepSpec& spec) : rows_(rows) {
    for (size_t i = 0; i < 5; ++i) in_[i] = spec.in(i)->as<float>();
    for (size_t i = 0; i < 3; ++i) out_[i] = spec.out(i).as<float>();
    spec.scratch_bytes = static_cast<size_t>((2 * rows_.blocks + 3) * rows_.channels) * sizeof(float);
  }

  void Run(const RunContext& context) override {
    const BatchNormKernel& kernel = BestBatchNormKernel();
    const int64_t c = rows_.channels, stride = rows_.block * c;
    const float *dy = in_[0], *x = in_[1], *mean = in_[3];
    float* sums = reinterpret_cast<float*>(context.scratch);
    float* products = sums + rows_.blocks * c;
    float* factors = products + rows_.blocks * c;
    rows_.ForEach(context, [&](int64_t b) {
      kernel.products(dy + b * stride, x + b * stride, rows_.RowsOf(b), c, mean, sums + b * c,
                      products + b * c);
    });
    for (int64_t i = 0; i < c; ++i) Combine(sums + i, products + i, i, factors + i);
    rows_.ForEach(context, [&](int64_t b) {
      kernel.gradient(dy + b * stride, x + b * stride, rows_.RowsOf(b), c, mean, factors, factors + c,
                      factors + 2 * c, out_[0] + b * stride);
    });
  }

 private:
  /// dscale, dshift, and a, b, c of dx = a * dy + b * (x - mean) + c.
  void Combine(const float* sums, const float* products, int64_t i, float* factors) const {
    double sum = 0.0, product = 0.0;
    for (int64_t b = 0; b < rows_.blocks; ++b) {
      sum += static_cast<double>(sums[b * rows_.channels]);
      product += static_cast<double>(products[b * rows_.channels]);
    }
    const double count = static_cast<double>(rows_.rows);
    const double inverse = static_cast<double>(in_[4][i]);
    const double a = static_cast<double>(in_[2][i]) * inverse;
    out_[1][i] = static_cast<float>(product * inverse);
    out_[2][i] = static_cast<float>(sum);
    factors[0] = static_cast<float>(a);
    factors[rows_.channels] = static_cast<float>(-a * inverse * inverse * product / count);
    factors[2 * rows_.channels] = static_cast<float>(-a * sum / count);
  }

  Rows rows_;
  /// dy, x, scale, mean, 1 / deviation.
  std::array<const float*, 5> in_{};
  /// dx, dscale, dshift.
  std::array<float*, 3> out_{};
};

}  // namespace

Status MakeBatchNormF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(5, 5, 5));
  Rows rows;
  KPT_RETURN_IF_ERROR(rows.Read(spec, *spec.in(0), 1));
  float epsilon = 0, momentum = 0;
  KPT_RETURN_IF_ERROR(spec.params.Float("epsilon", &epsilon));
  KPT_RETURN_IF_ERROR(spec.params.Float("momentum", &momentum));
  *out = std::make_unique<BatchNormF32>(rows, epsilon, momentum, spec);
  return Status::Ok();
}

Status MakeBatchNormGradientF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(5, 5, 3));
  Rows rows;
  KPT_RETURN_IF_ERROR(rows.Read(spec, *spec.in(1), 2));
  KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(0), DType::kF32));
  KPT_RETURN_IF_ERROR(CheckSameSize(spec, *spec.in(0), *spec.in(1)));
  *out = std::make_unique<BatchNormGradientF32>(rows, spec);
  return Status::Ok();
}

}  // namespace kompakt
