// Every tier of the elementwise, pooling and reducing kernels gives the bytes of its reference, over lengths
// around the vectors and with special values. SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "native/kernels/affine_s32/affine_s32.h"
#include "native/kernels/binary_f32/binary_f32.h"
#include "native/kernels/binary_u8/binary_u8.h"
#include "native/kernels/byte_sums/byte_sums.h"
#include "native/kernels/layer_norm_f32/layer_norm_f32.h"
#include "native/kernels/pack_bits/pack_bits.h"
#include "native/kernels/pool/pool.h"
#include "native/kernels/quantize_u8/quantize_u8.h"
#include "native/kernels/reduce_f32/reduce_f32.h"
#include "native/kernels/resize/resize.h"
#include "native/kernels/scale_shift_f32/scale_shift_f32.h"
#include "native/kernels/softmax_f32/softmax_f32.h"
#include "native/kernels/table_u8/table_u8.h"
#include "native/kernels/transpose/transpose.h"
#include "test/native/harness.h"

namespace kompakt {
namespace {

using testing::Canonical;
using testing::GuardedBuffer;
using testing::Random;

const int64_t kLengths[] = {0,  1,  2,  3,  4,  5,  7,  8,   9,   15,  16, 17,
                            31, 32, 33, 47, 63, 64, 65, 127, 128, 131, 257};

std::vector<float> Floats(int64_t count, uint64_t seed, bool special = true) {
  Random random(seed);
  std::vector<float> x(static_cast<size_t>(count));
  const float odd[] = {std::numeric_limits<float>::infinity(),
                       -std::numeric_limits<float>::infinity(),
                       std::nanf(""),
                       -0.0f,
                       0.0f,
                       1e-42f,
                       3e38f,
                       -3e38f,
                       0.5f,
                       2.5f};
  for (float& v : x)
    v = special && random.Int(0, 9) == 0 ? odd[random.Int(0, 9)] : random.Float(-40.0f, 40.0f);
  return x;
}

std::vector<uint8_t> Bytes(int64_t count, uint64_t seed) {
  Random random(seed);
  std::vector<uint8_t> x(static_cast<size_t>(count));
  for (uint8_t& v : x) v = static_cast<uint8_t>(random.Int(0, 255));
  return x;
}

/// Runs `call(kernel, y)` on every supported tier, with y of `count` elements, and compares with the
/// reference.
template <typename T, typename Fn, typename Call>
void Compare(KernelList<Fn> kernels, int64_t count, const Call& call) {
  const size_t bytes = static_cast<size_t>(count) * sizeof(T);
  GuardedBuffer want(bytes);
  call(kernels.first[kernels.count - 1].run, reinterpret_cast<T*>(want.data()));
  if constexpr (std::is_same_v<T, float>) Canonical(reinterpret_cast<float*>(want.data()), count);
  for (const Kernel<Fn>& kernel : kernels) {
    if (!HasTier(kernel.tier)) continue;
    CAPTURE(kernel.name);
    CAPTURE(count);
    GuardedBuffer got(bytes);
    call(kernel.run, reinterpret_cast<T*>(got.data()));
    if constexpr (std::is_same_v<T, float>) Canonical(reinterpret_cast<float*>(got.data()), count);
    CHECK(std::memcmp(got.data(), want.data(), bytes) == 0);
    CHECK(got.Intact());
  }
}

TEST_CASE("binary_f32 tiers") {
  for (int64_t n : kLengths) {
    const std::vector<float> a = Floats(n + 1, 1), b = Floats(n + 1, 2);
    for (int kind = 0; kind <= static_cast<int>(BinaryKind::kPrelu); ++kind)
      for (int steps = 0; steps < 4; ++steps)
        Compare<float>(BinaryF32Kernels(), n, [&](BinaryF32Fn run, float* y) {
          run(static_cast<BinaryKind>(kind), a.data(), steps & 1, b.data(), steps >> 1, y, n);
        });
  }
}

TEST_CASE("binary_u8 tiers") {
  BinaryU8Params params;
  params.a_factor = 0.73f, params.b_factor = 1.31f;
  params.a_zero = 120, params.b_zero = 7, params.y_zero = 130, params.lo = 3, params.hi = 250;
  BinaryU8Params product = params;
  product.a_factor = 0.011f;
  for (int64_t n : kLengths) {
    const std::vector<uint8_t> a = Bytes(n + 1, 3), b = Bytes(n + 1, 4);
    for (int steps = 0; steps < 4; ++steps) {
      Compare<uint8_t>(BinaryU8Kernels(), n, [&](const BinaryU8Kernel& kernel, uint8_t* y) {
        kernel.add(params, a.data(), steps & 1, b.data(), steps >> 1, y, n);
      });
      Compare<uint8_t>(BinaryU8Kernels(), n, [&](const BinaryU8Kernel& kernel, uint8_t* y) {
        kernel.mul(product, a.data(), steps & 1, b.data(), steps >> 1, y, n);
      });
    }
  }
}

TEST_CASE("quantize_u8 tiers") {
  for (int64_t n : kLengths) {
    const std::vector<float> x = Floats(n, 5);
    const std::vector<uint8_t> bytes = Bytes(n, 6);
    for (float scale : {0.25f, 0.1f, 1e-30f, 1e30f})
      Compare<uint8_t>(QuantizeKernels(), n, [&](const QuantizeKernel& kernel, uint8_t* y) {
        kernel.quantize({scale, 113, 2, 251}, x.data(), y, n);
      });
    Compare<float>(QuantizeKernels(), n, [&](const QuantizeKernel& kernel, float* y) {
      kernel.dequantize(0.037f, 113, bytes.data(), y, n);
    });
  }
}

TEST_CASE("quantize_u8 tiers round quotients half way between two bytes alike, and any other") {
  Random random(31);
  for (int i = 0; i < 400; ++i) {
    const float mantissa = i % 4 == 0 ? 1.0f : i % 4 == 1 ? 0x1.fffffep0f : random.Float(1, 2);
    const float scale = std::ldexp(mantissa, random.Int(-140, 127));
    std::vector<float> x;
    for (int k = -150; k < 300; ++k) {
      const float half = (static_cast<float>(k) + 0.5f) * scale;
      for (float v : {half, static_cast<float>(k) * scale}) {
        x.push_back(v);
        x.push_back(std::nextafter(v, -INFINITY));
        x.push_back(std::nextafter(v, INFINITY));
      }
    }
    for (int j = 0; j < 500; ++j) {
      const uint32_t bits = static_cast<uint32_t>(random.Next());
      float any;
      std::memcpy(&any, &bits, sizeof any);
      x.push_back(any);
    }
    for (float v : {0.0f, -0.0f, 1e-45f, INFINITY, -INFINITY, NAN, 3e38f, -3e38f}) x.push_back(v);
    const int64_t n = static_cast<int64_t>(x.size());
    Compare<uint8_t>(QuantizeKernels(), n, [&](const QuantizeKernel& kernel, uint8_t* y) {
      kernel.quantize({scale, i % 2 * 128, 0, 255}, x.data(), y, n);
    });
    Compare<float>(QuantizeKernels(), 2,
                   [&](const QuantizeKernel& kernel, float* y) { kernel.range(x.data(), n - i, y, y + 1); });
  }
}

TEST_CASE("table_u8 tiers") {
  const std::vector<uint8_t> table = Bytes(256, 7);
  for (int64_t n :
       {int64_t{0}, int64_t{1}, int64_t{31}, int64_t{32}, int64_t{65}, int64_t{256}, int64_t{1009}}) {
    std::vector<uint8_t> x = Bytes(n, 8);
    for (int64_t i = 0; i < n && i < 256; ++i) x[i] = static_cast<uint8_t>(i);
    Compare<uint8_t>(TableU8Kernels(), n, [&](const TableU8Kernel& kernel, uint8_t* y) {
      kernel.run(table.data(), x.data(), y, n);
    });
  }
}

template <typename T>
void CompareTranspose(TransposeFn<T> TransposeKernel::* member) {
  for (int64_t rows : {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33})
    for (int64_t cols : {1, 2, 4, 7, 16, 19, 32, 65})
      for (int64_t gap : {0, 1}) {
        const int64_t x_stride = cols + 3 * gap, y_stride = rows + gap;
        const std::vector<uint8_t> x = Bytes(rows * x_stride * static_cast<int64_t>(sizeof(T)), 9);
        Compare<T>(TransposeKernels(), cols * y_stride, [&](const TransposeKernel& kernel, T* y) {
          (kernel.*member)(reinterpret_cast<const T*>(x.data()), x_stride, y, y_stride, rows, cols);
          for (int64_t c = 0; c < cols; ++c)
            for (int64_t r = 0; r < rows; ++r)
              REQUIRE(y[c * y_stride + r] == reinterpret_cast<const T*>(x.data())[r * x_stride + c]);
        });
      }
}

TEST_CASE("transpose tiers") {
  CompareTranspose(&TransposeKernel::b1);
  CompareTranspose(&TransposeKernel::b2);
  CompareTranspose(&TransposeKernel::b4);
  CompareTranspose(&TransposeKernel::b8);
}

TEST_CASE("pool tiers") {
  for (int64_t channels : kLengths)
    for (int64_t tap_count : {0, 1, 4, 9, 49}) {
      std::vector<int64_t> taps;
      for (int64_t t = 0; t < tap_count; ++t) taps.push_back((t * 7 % 50) * channels);
      const std::vector<uint8_t> bytes = Bytes(50 * channels, 10);
      const std::vector<float> floats = Floats(50 * channels, 11);
      const AverageU8Params params{101, 0.9f / 9, 44, 1, 253};
      Compare<uint8_t>(PoolKernels(), channels, [&](const PoolKernel& kernel, uint8_t* y) {
        kernel.or_u8(bytes.data(), taps.data(), tap_count, y, channels);
      });
      Compare<uint8_t>(PoolKernels(), channels, [&](const PoolKernel& kernel, uint8_t* y) {
        kernel.max_u8(bytes.data(), taps.data(), tap_count, y, channels);
      });
      Compare<uint8_t>(PoolKernels(), channels, [&](const PoolKernel& kernel, uint8_t* y) {
        kernel.average_u8(params, bytes.data(), taps.data(), tap_count, y, channels);
      });
      Compare<float>(PoolKernels(), channels, [&](const PoolKernel& kernel, float* y) {
        kernel.max_f32(floats.data(), taps.data(), tap_count, y, channels);
      });
      Compare<float>(PoolKernels(), channels, [&](const PoolKernel& kernel, float* y) {
        kernel.average_f32(floats.data(), taps.data(), tap_count, 9.0f, y, channels);
      });
    }
  for (int64_t count : kLengths) {
    const std::vector<uint8_t> bytes = Bytes(count, 12);
    for (int64_t rows : {0, 1, 3, 4, 255, 256, 259, 600}) {
      const std::vector<uint8_t> x = Bytes(rows * (count + 3), 13);
      Compare<int32_t>(PoolKernels(), count, [&](const PoolKernel& kernel, int32_t* sums) {
        for (int64_t i = 0; i < count; ++i) sums[i] = bytes[i];
        kernel.column_sums_u8(x.data(), rows, count + 3, count, sums);
      });
      std::vector<int32_t> sums(static_cast<size_t>(count), 0);
      for (int64_t i = 0; i < rows * count; ++i) sums[i % count] += x[i / count * (count + 3) + i % count];
      Compare<uint8_t>(PoolKernels(), count, [&](const PoolKernel& kernel, uint8_t* y) {
        kernel.average_sums({101, 1.0f / 128, 44, 0, 255}, sums.data(), rows, y, count);
      });
    }
  }
  // Columns beyond a block, and that sums are sums.
  const std::vector<uint8_t> ones(1300 * 700, 255);
  std::vector<int32_t> sums(1300, 1);
  BestPoolKernel().column_sums_u8(ones.data(), 700, 1300, 1300, sums.data());
  for (int32_t sum : sums) CHECK(sum == 1 + 255 * 700);
}

TEST_CASE("pack_bits tiers") {
  for (int64_t count : kLengths) {
    std::vector<float> x = Floats(2 * count, 21), threshold = Floats(count, 22);
    std::vector<uint8_t> bytes = Bytes(2 * count, 23), least = Bytes(count, 24),
                         flip = Bytes((count + 7) / 8, 25);
    if (count % 8 != 0) flip.back() &= (1 << count % 8) - 1;
    for (int64_t i = 0; i < count; i += 3) x[i] = threshold[i], bytes[i] = least[i];
    Compare<uint8_t>(PackBitsKernels(), 2 * ((count + 7) / 8), [&](const PackBitsKernel& kernel, uint8_t* y) {
      kernel.f32(x.data(), threshold.data(), flip.data(), y, 2, count);
    });
    Compare<uint8_t>(PackBitsKernels(), 2 * ((count + 7) / 8), [&](const PackBitsKernel& kernel, uint8_t* y) {
      kernel.u8(bytes.data(), least.data(), flip.data(), y, 2, count);
    });
  }
}

TEST_CASE("byte_sums tiers") {
  for (int64_t bytes : kLengths)
    for (int64_t gap : {0, 3, 64}) {
      constexpr int64_t kCount = 5;
      const std::vector<uint8_t> x = Bytes(kCount * (bytes + gap) + kReadPadding, 31);
      Compare<uint32_t>(ByteSumsKernels(), kCount, [&](const ByteSumsKernel& kernel, uint32_t* sums) {
        kernel.run(x.data(), kCount, bytes, bytes + gap, sums);
      });
    }
  const std::vector<uint8_t> large(70000 + kReadPadding, 255);
  uint32_t sum = 0;
  BestByteSumsKernel().run(large.data(), 1, 70000, 70000, &sum);
  CHECK(sum == 70000u * 255);
}

TEST_CASE("affine_s32 tiers") {
  for (int64_t count : kLengths) {
    Random random(26);
    constexpr int64_t kRows = 7;
    std::vector<int32_t> x(static_cast<size_t>(kRows * (count + 5)) + kReadPadding);
    for (int32_t& v : x) v = random.Int(-5000, 5000);
    // Most bytes of some channels come out unclamped, all of others clamped.
    std::vector<float> scale = Floats(count, 27, false), bias = Floats(count, 28, false);
    for (size_t c = 0; c < scale.size(); c += 2) scale[c] /= 2000;
    const std::vector<float> slope = Floats(count, 29, false), shift = Floats(count, 30, false);
    for (int variant = 0; variant < 8; ++variant) {
      const bool leaky = variant & 1, clamped = variant & 2;
      AffineS32Params p = {scale.data(), bias.data(), nullptr, nullptr, {100, 0, 255}};
      if (clamped) p.range = {100, 7, 240};
      p.bounded = variant & 4;
      if (leaky) p.slope = slope.data(), p.shift = shift.data();
      const AffineS32Rows rows = {x.data(), count + 5, count, kRows, count};
      Compare<float>(AffineS32Kernels(), kRows * count,
                     [&](const AffineS32Kernel& kernel, float* y) { kernel.f32(p, rows, y); });
      Compare<uint8_t>(AffineS32Kernels(), kRows * count,
                       [&](const AffineS32Kernel& kernel, uint8_t* y) { kernel.u8(p, rows, y); });
    }
  }
}

TEST_CASE("reduce_f32, softmax_f32 and layer_norm_f32 tiers") {
  for (int64_t n : kLengths) {
    for (bool special : {false, true}) {
      const std::vector<float> x = Floats(n * 5, 13, special), scale = Floats(n, 14, false),
                               bias = Floats(n, 15, false);
      for (int k = 0; k <= static_cast<int>(ReduceKind::kLogSumExp); ++k) {
        const ReduceKind kind = static_cast<ReduceKind>(k);
        Compare<float>(ReduceKernels(), 1,
                       [&](const ReduceKernel& kernel, float* y) { kernel.row(kind, x.data(), n, y); });
        Compare<float>(ReduceKernels(), n, [&](const ReduceKernel& kernel, float* y) {
          kernel.columns(kind, x.data(), 5, n, y, n);
        });
      }
      for (bool log : {false, true}) {
        for (int64_t rows : {1, 2, 5})
          Compare<float>(SoftmaxKernels(), n * rows, [&](const SoftmaxKernel& kernel, float* y) {
            kernel.rows(log, x.data(), y, rows, n);
          });
        Compare<float>(SoftmaxKernels(), n * 5, [&](const SoftmaxKernel& kernel, float* y) {
          kernel.columns(log, x.data(), y, 5, n, n);
        });
      }
      Compare<float>(LayerNormKernels(), n, [&](const LayerNormKernel& kernel, float* y) {
        kernel.row(x.data(), scale.data(), bias.data(), 1e-5f, y, n);
      });
      Compare<float>(LayerNormKernels(), n, [&](const LayerNormKernel& kernel, float* y) {
        kernel.row(x.data(), nullptr, nullptr, 1e-5f, y, n);
      });
      Compare<float>(ScaleShiftKernels(), n, [&](const ScaleShiftKernel& kernel, float* y) {
        kernel.run(x.data(), scale.data(), bias.data(), y, n);
      });
      Compare<float>(ScaleShiftKernels(), n, [&](const ScaleShiftKernel& kernel, float* y) {
        kernel.plane(x.data(), 1.7f, -0.3f, y, n);
      });
    }
  }
}

TEST_CASE("resize tiers") {
  const float weights[] = {-0.1f, 0.6f, 0.55f, -0.05f};
  for (int64_t channels : kLengths)
    for (int count : {2, 4}) {
      const std::vector<float> floats = Floats(16 * channels, 16, false);
      const std::vector<uint8_t> bytes = Bytes(16 * channels, 17);
      std::vector<const float*> float_taps;
      std::vector<const uint8_t*> byte_taps;
      for (int t = 0; t < count * count; ++t) {
        float_taps.push_back(floats.data() + t * channels);
        byte_taps.push_back(bytes.data() + t * channels);
      }
      Compare<float>(ResizeKernels(), channels, [&](const ResizeKernel& kernel, float* y) {
        kernel.f32(float_taps.data(), weights, weights, count, y, channels);
      });
      Compare<uint8_t>(ResizeKernels(), channels, [&](const ResizeKernel& kernel, uint8_t* y) {
        kernel.u8(byte_taps.data(), weights, weights, count, y, channels);
      });
    }
}

}  // namespace
}  // namespace kompakt
