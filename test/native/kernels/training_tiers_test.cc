// Every tier of the kernels for training gives the bytes of its reference, over lengths around the vectors.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include "native/kernels/batch_norm_f32/batch_norm_f32.h"
#include "native/kernels/fake_quantize_f32/fake_quantize_f32.h"
#include "native/kernels/gradient_f32/gradient_f32.h"
#include "native/kernels/optimizer_f32/optimizer_f32.h"
#include "test/native/harness.h"

namespace kompakt {
namespace {

using testing::Canonical;
using testing::GuardedBuffer;
using testing::Random;

const int64_t kLengths[] = {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 67};

std::vector<float> Floats(int64_t count, uint64_t seed, float low = -3.0f, float high = 3.0f) {
  Random random(seed);
  std::vector<float> x(static_cast<size_t>(count));
  for (float& v : x) v = random.Float(low, high);
  return x;
}

/// Runs `call(kernel, y)` on every supported tier, with y of `count` floats that begin as `start`, and
/// compares with the reference.
template <typename Kernel, typename Call>
void Compare(KernelList<Kernel> kernels, const std::vector<float>& start, const Call& call) {
  const size_t bytes = start.size() * sizeof(float);
  GuardedBuffer want(bytes);
  std::memcpy(want.data(), start.data(), bytes);
  call(kernels.first[kernels.count - 1].run, reinterpret_cast<float*>(want.data()));
  CHECK(std::memcmp(want.data(), start.data(), bytes) != 0);
  Canonical(reinterpret_cast<float*>(want.data()), static_cast<int64_t>(start.size()));
  for (const auto& kernel : kernels) {
    if (!HasTier(kernel.tier)) continue;
    CAPTURE(kernel.name);
    CAPTURE(start.size());
    GuardedBuffer got(bytes);
    std::memcpy(got.data(), start.data(), bytes);
    call(kernel.run, reinterpret_cast<float*>(got.data()));
    Canonical(reinterpret_cast<float*>(got.data()), static_cast<int64_t>(start.size()));
    CHECK(std::memcmp(got.data(), want.data(), bytes) == 0);
    CHECK(got.Intact());
  }
}

TEST_CASE("gradient_f32: derivatives of all functions") {
  for (int64_t n : kLengths) {
    const std::vector<float> dy = Floats(n, 1), v = Floats(n, 2), start(static_cast<size_t>(n), 99.0f);
    for (int kind = 0; kind <= static_cast<int>(UnaryKind::kThresholdedRelu); ++kind)
      Compare(GradientKernels(), start, [&](const GradientKernel& kernel, float* dx) {
        kernel.unary({static_cast<UnaryKind>(kind), 0.3f, 0.7f}, dy.data(), v.data(), dx, n);
      });
  }
}

TEST_CASE("gradient_f32: softmax") {
  for (int64_t n : kLengths) {
    const std::vector<float> dy = Floats(5 * n, 3), y = Floats(5 * n, 4),
                             start(static_cast<size_t>(5 * n), 99.0f);
    for (bool log : {false, true}) {
      Compare(GradientKernels(), start, [&](const GradientKernel& kernel, float* dx) {
        kernel.softmax_row(log, dy.data(), y.data(), dx, n);
      });
      Compare(GradientKernels(), start, [&](const GradientKernel& kernel, float* dx) {
        kernel.softmax_columns(log, dy.data(), y.data(), dx, 5, n, n);
      });
    }
  }
}

TEST_CASE("gradient_f32: poolings and sums") {
  for (int64_t c : kLengths) {
    const int64_t taps[] = {0, 2 * c, 3 * c};
    const std::vector<float> dy = Floats(c, 5), x = Floats(4 * c, 6), start = Floats(4 * c, 7);
    std::vector<float> largest(static_cast<size_t>(c), -9.0f);
    for (int64_t tap : taps)
      for (int64_t i = 0; i < c; ++i)
        largest[static_cast<size_t>(i)] =
            std::max(largest[static_cast<size_t>(i)], x[static_cast<size_t>(tap + i)]);
    Compare(GradientKernels(), start, [&](const GradientKernel& kernel, float* dx) {
      kernel.max_pool(dy.data(), x.data(), largest.data(), taps, 3, dx, c);
    });
    Compare(GradientKernels(), start, [&](const GradientKernel& kernel, float* dx) {
      kernel.average_pool(dy.data(), 3.0f, taps, 3, dx, c);
    });
    Compare(GradientKernels(), start, [&](const GradientKernel& kernel, float* sums) {
      kernel.multiply_rows(x.data(), x.data(), c, 4, c, sums);
    });
    Compare(GradientKernels(), start,
            [&](const GradientKernel& kernel, float* y) { kernel.add(x.data(), y, 4 * c); });
  }
}

TEST_CASE("batch_norm_f32") {
  constexpr int64_t kRows = 11;
  for (int64_t c : kLengths) {
    const std::vector<float> x = Floats(kRows * c, 8), dy = Floats(kRows * c, 9), a = Floats(c, 10);
    const std::vector<float> b = Floats(c, 11), s = Floats(c, 12), m = Floats(c, 13);
    const std::vector<float> start(static_cast<size_t>(kRows * c), 99.0f);
    Compare(BatchNormKernels(), start,
            [&](const BatchNormKernel& kernel, float* y) { kernel.moments(x.data(), kRows, c, y, y + c); });
    Compare(BatchNormKernels(), start, [&](const BatchNormKernel& kernel, float* y) {
      kernel.normalize(x.data(), kRows, c, m.data(), a.data(), s.data(), y);
    });
    Compare(BatchNormKernels(), start, [&](const BatchNormKernel& kernel, float* y) {
      kernel.products(dy.data(), x.data(), kRows, c, m.data(), y, y + c);
    });
    Compare(BatchNormKernels(), start, [&](const BatchNormKernel& kernel, float* y) {
      kernel.gradient(dy.data(), x.data(), kRows, c, m.data(), a.data(), b.data(), s.data(), y);
    });
  }
}

TEST_CASE("fake_quantize_f32") {
  const FakeQuantizeParams params{-3.0f, 4.0f, 1.0f};
  constexpr int64_t kRows = 5;
  for (int64_t n : kLengths) {
    std::vector<float> x = Floats(kRows * n, 16);
    // Halves, both bounds, and what is no number.
    const float special[] = {0.25f, -0.25f, 2.0f, -1.5f, __builtin_inff(), __builtin_nanf(""), -0.1f};
    for (size_t i = 0; i < 7 && i < x.size(); ++i) x[i] = special[i];
    const std::vector<float> dy = Floats(kRows * n, 17), scales = Floats(n, 18, 0.1f, 0.9f);
    const std::vector<float> start(static_cast<size_t>(kRows * n + n), 99.0f);
    Compare(FakeQuantizeKernels(), start, [&](const FakeQuantizeKernel& kernel, float* y) {
      kernel.row(params, 0.5f, x.data(), y, kRows * n);
      kernel.each(params, scales.data(), x.data(), y + kRows * n, n);
    });
    Compare(FakeQuantizeKernels(), start, [&](const FakeQuantizeKernel& kernel, float* dx) {
      dx[kRows * n] = kernel.gradient_row(params, 0.5f, dy.data(), x.data(), dx, kRows * n);
    });
    Compare(FakeQuantizeKernels(), start, [&](const FakeQuantizeKernel& kernel, float* dx) {
      kernel.gradient_columns(params, scales.data(), dy.data(), x.data(), dx, kRows, n, dx + kRows * n);
    });
  }
}

TEST_CASE("optimizer_f32: all rules, in place") {
  for (int64_t n : kLengths) {
    const std::vector<float> g = Floats(n, 14);
    // w and two slots, one behind the other; squares are not negative.
    const std::vector<float> start = Floats(3 * n, 15, 0.1f, 2.0f);
    for (int rule = 0; rule <= static_cast<int>(UpdateRule::kBop); ++rule)
      Compare(OptimizerKernels(), start, [&](const OptimizerKernel& kernel, float* state) {
        OptimizerUpdate update{};
        update.rule = static_cast<UpdateRule>(rule);
        update.alpha = 0.9f, update.beta = 0.99f, update.epsilon = 1e-3f, update.decay = 0.1f;
        update.l1 = 0.01f, update.l2 = 0.02f, update.scale = 0.5f;
        update.low = 0.3f, update.high = 1.7f;
        update.hyper[0] = 0.1f, update.hyper[1] = 1.5f, update.hyper[2] = 0.2f;
        update.w = update.new_w = state;
        update.new_w = state;
        update.g = g.data();
        for (int k = 0; k < 2; ++k) update.slots[k] = update.new_slots[k] = state + (k + 1) * n;
        kernel.update(update, 0, n / 2);
        kernel.update(update, n / 2, n);
      });
  }
}

}  // namespace
}  // namespace kompakt
