// Every supported gemm_s8 tier gives the bytes of the reference, over shapes around its tile and extreme
// values. SPDX-License-Identifier: Apache-2.0
#include "native/kernels/gemm_s8/gemm_s8.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "test/native/harness.h"

namespace kompakt {
namespace {

using testing::GuardedBuffer;
using testing::Random;

struct Case {
  int64_t m, n;
  int taps, k;
  int w_low = -127, w_high = 127, x_low = 0, x_high = 255;
  float scale = 0.001f;
  bool row_bias = false;
  OutputRange range = {130, 3, 250};
};

/// What PackedWeights proves of the case's sums: the bias below adds at most 5000 and the folded zero point.
bool SmallSums(const Case& c) {
  const int64_t reach = int64_t{c.taps} * c.k * std::max(std::abs(c.w_low), std::abs(c.w_high));
  return (255 + 77) * reach + 5000 + (c.row_bias ? 100000 : 0) <= kSmallSum;
}

/// y of one kernel, [m][n], for data that depends only on the case.
std::vector<uint8_t> RunCase(const GemmS8Kernel& kernel, const Case& c, OutputKind output) {
  Random random(static_cast<uint64_t>(c.m * 131 + c.n * 17 + c.k + c.taps));
  const GemmPanels panels(kernel.unit, kernel.max_units, c.n);
  const int64_t row_bytes = static_cast<int64_t>(c.taps) * c.k + 3;  // odd: no alignment to rely on
  GuardedBuffer a(static_cast<size_t>(c.m * row_bytes));
  for (size_t i = 0; i < a.size(); ++i) a.data()[i] = static_cast<uint8_t>(random.Int(c.x_low, c.x_high));
  std::vector<uint16_t> words(kernel.widen == nullptr ? 0 : a.size() + 1);
  if (kernel.widen != nullptr) kernel.widen(a.data(), static_cast<int64_t>(a.size()), words.data());
  std::vector<int8_t> w(static_cast<size_t>(c.n) * c.taps * c.k);
  for (int8_t& v : w) v = static_cast<int8_t>(random.Int(c.w_low, c.w_high));
  const int64_t width = panels.units * panels.unit + 8;  // whole vectors of 16 are read
  std::vector<int32_t> bias(width, 12345), row_bias(c.m), rows(c.m), taps(c.taps);
  std::vector<float> scale(width, 0.f);
  for (int64_t n = 0; n < c.n; ++n) {
    int32_t sum = 0;
    for (int i = 0; i < c.taps * c.k; ++i) sum += w[n * c.taps * c.k + i];
    bias[n] = FoldBias(random.Int(-5000, 5000), kernel.a_offset - 77, sum);
    scale[n] = random.Float(c.scale * 0.5f, c.scale);
  }
  for (int64_t m = 0; m < c.m; ++m) rows[m] = static_cast<int32_t>((c.m - 1 - m) * row_bytes);
  for (int64_t m = 0; m < c.m; ++m) row_bias[m] = random.Int(-100000, 100000);
  for (int t = 0; t < c.taps; ++t) taps[t] = t * c.k;
  AlignedBuffer packed(GemmS8PackedBytes(kernel, panels, c.taps, c.k));
  PackGemmS8(kernel, panels, c.taps, c.k, w.data(), c.taps * c.k, c.k, 1, packed.as<int8_t>());
  const int64_t bytes = output == OutputKind::kU8 ? 1 : 4;
  GuardedBuffer y(static_cast<size_t>(c.m * c.n * bytes));
  for (int64_t p = 0; p < panels.count; ++p) {
    GemmS8Block g = {};
    g.a = kernel.A(a.data(), words.data(), 0), g.row_offsets = rows.data(), g.tap_offsets = taps.data();
    g.rows = c.m, g.taps = c.taps, g.tap_bytes = c.k;
    g.b = GemmS8Panel(kernel, panels, c.taps, c.k, packed.as<int8_t>(), p);
    if (p + 1 < panels.count) g.next = GemmS8Panel(kernel, panels, c.taps, c.k, packed.as<int8_t>(), p + 1);
    g.bias = bias.data() + panels.Begin(p), g.scale = scale.data() + panels.Begin(p);
    g.row_bias = c.row_bias ? row_bias.data() : nullptr;
    g.output = output;
    g.y = y.data() + panels.Begin(p) * bytes;
    g.y_stride = c.n, g.columns = panels.Columns(p);
    g.range = c.range;
    g.small_sums = SmallSums(c);
    kernel.run(g);
  }
  CHECK(y.Intact());
  return std::vector<uint8_t>(y.data(), y.data() + y.size());
}

void CheckTiers(const Case& c) {
  size_t count = 0;
  const GemmS8Kernel* kernels = GemmS8Kernels(&count);
  const GemmS8Kernel& reference = kernels[count - 1];
  for (OutputKind output : {OutputKind::kU8, OutputKind::kF32, OutputKind::kS32}) {
    const std::vector<uint8_t> expected = RunCase(reference, c, output);
    for (size_t i = 0; i + 1 < count; ++i) {
      if (!HasTier(kernels[i].tier) || c.w_low < kernels[i].min_weight) continue;
      if (kernels[i].needs_pairs && (c.w_low < -64 || c.w_high > 64)) continue;
      INFO(kernels[i].name, " m ", c.m, " n ", c.n, " k ", c.k, " taps ", c.taps, " output ",
           static_cast<int>(output));
      CHECK(RunCase(kernels[i], c, output) == expected);
    }
  }
}

TEST_CASE("gemm_s8: every tier equals the reference around its tile") {
  for (int64_t m : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 23, 25, 49})
    for (int64_t n : {1, 7, 8, 15, 16, 17, 32, 48, 64, 67}) CheckTiers({m, n, 1, 20});
  for (int64_t n = 1; n <= 131; n += 3) CheckTiers({5, n, 2, 9});
}

TEST_CASE("gemm_s8: weights whose last vector of columns would be half empty take another kernel") {
  const GemmS8Kernel& usual = ChooseGemmS8(false);
  const auto unit = [&](int64_t columns, int taps, int k) {
    return ChooseGemmS8(false, columns, taps, k).unit;
  };
  for (int64_t columns : {16, 32, 48, 64}) CHECK(unit(columns, 9, 96) == usual.unit);
  const int narrow = usual.tier == kAvx512Vnni ? 8 : usual.unit;
  for (int64_t columns : {1, 8, 17, 24, 40}) CHECK(unit(columns, 9, 96) == narrow);
  CHECK(unit(24, 1, 4) == usual.unit);  // finishing them would take longer than the products save
}

TEST_CASE("gemm_s8: weights are packed alike from rows and from columns") {
  size_t count = 0;
  const GemmS8Kernel* kernels = GemmS8Kernels(&count);
  for (size_t i = 0; i < count; ++i)
    for (int n : {1, 3, 4, 7, 16, 29, 64, 70})
      for (int k : {1, 2, 3, 4, 15, 16, 17, 37}) {
        Random random(static_cast<uint64_t>(n * 100 + k));
        std::vector<int8_t> rows(static_cast<size_t>(n) * k), columns(rows.size());
        for (int c = 0; c < n; ++c)
          for (int j = 0; j < k; ++j)
            rows[c * k + j] = columns[j * n + c] = static_cast<int8_t>(random.Int(-128, 127));
        const GemmPanels panels(kernels[i].unit, kernels[i].max_units, n);
        const size_t bytes = GemmS8PackedBytes(kernels[i], panels, 1, k);
        GuardedBuffer from_rows(bytes), from_columns(bytes);
        std::memset(from_rows.data(), 0, bytes);
        std::memset(from_columns.data(), 0, bytes);
        PackGemmS8(kernels[i], panels, 1, k, rows.data(), k, k, 1,
                   reinterpret_cast<int8_t*>(from_rows.data()));
        PackGemmS8(kernels[i], panels, 1, k, columns.data(), 1, k, n,
                   reinterpret_cast<int8_t*>(from_columns.data()));
        CHECK(std::memcmp(from_rows.data(), from_columns.data(), bytes) == 0);
      }
}

TEST_CASE("gemm_s8: depths and taps") {
  for (int k : {0, 1, 2, 3, 4, 5, 7, 8, 12, 13, 15, 16, 17, 31, 32, 33, 64, 127})
    for (int taps : {1, 3, 9}) CheckTiers({7, 37, taps, k});
  CheckTiers({3, 33, 1, 4608});
  // Rows enough that AVX2 widens weights once for all of them, where these are not too many.
  for (int k : {1, 2, 9, 341, 342, 512, 513})
    for (int taps : {1, 2, 3}) CheckTiers({25, 37, taps, k});
  for (int k : {1023, 1024, 1025, 1026, 2047, 2048, 2049}) CheckTiers({25, 24, 1, k});
}

TEST_CASE("gemm_s8: widened bytes end where the words do") {
  size_t count = 0;
  const GemmS8Kernel* kernels = GemmS8Kernels(&count);
  for (size_t i = 0; i < count; ++i)
    for (size_t size = 0; kernels[i].widen != nullptr && HasTier(kernels[i].tier) && size < 70; ++size) {
      GuardedBuffer bytes(size), words(2 * size);
      for (size_t j = 0; j < size; ++j) bytes.data()[j] = static_cast<uint8_t>(251 - j);
      kernels[i].widen(bytes.data(), static_cast<int64_t>(size), reinterpret_cast<uint16_t*>(words.data()));
      CHECK(words.Intact());
      for (size_t j = 0; j < size; ++j) CHECK(words.data()[2 * j] + 256 * words.data()[2 * j + 1] == 251 - j);
    }
}

TEST_CASE("gemm_s8: extremes do not saturate inside") {
  for (int w : {-128, -127, 127}) {
    Case c{9, 40, 1, 64};
    c.w_low = c.w_high = w, c.x_low = c.x_high = 255, c.scale = 0.0001f;
    CheckTiers(c);
    c.x_low = c.x_high = 0;
    CheckTiers(c);
  }
  Case deep{2, 16, 1, 60000};
  deep.w_low = deep.w_high = 127, deep.x_low = deep.x_high = 255, deep.scale = kMaxFastScale;
  CheckTiers(deep);
  deep.k = 80000;  // sums beyond 32 bits
  CheckTiers(deep);
}

TEST_CASE("gemm_s8: small sums become bytes from 0 by the short cut, those that are not small do not") {
  for (int64_t n : {1, 8, 16, 33, 48, 64, 67})
    for (int k : {1, 24, 64, 190, 250})
      for (int low : {-127, -64, -3}) {
        Case c{14, n, 1, k};
        c.w_low = low, c.range = {0, 0, 255}, c.scale = 0.0002f;
        CheckTiers(c);
        c.scale = 0.9f, c.row_bias = true;
        CheckTiers(c);
        c.range = {0, 7, 200};
        CheckTiers(c);
      }
  // The largest sums that are small, of either sign, at every scale of the rounding.
  for (int w : {-127, 127})
    for (float scale : {1e-30f, 1e-5f, 3e-5f, 0.0101f, 0.99f}) {
      Case c{5, 40, 1, 198};
      c.w_low = c.w_high = w, c.x_low = 250, c.scale = scale, c.range = {0, 0, 255};
      CHECK(SmallSums(c));
      CheckTiers(c);
    }
}

TEST_CASE("gemm_s8: small weights take the paired path, row biases are added") {
  Case c{13, 24, 1, 50};
  c.w_low = -64, c.w_high = 64;
  CheckTiers(c);
  c.w_low = c.w_high = 64, c.x_low = 255;
  CheckTiers(c);
  c.row_bias = true;
  CheckTiers(c);
}

}  // namespace
}  // namespace kompakt
