// Every supported gemm_b1 tier gives the bytes of the reference, and the reference the sums of its
// definition, over shapes around the tile. SPDX-License-Identifier: Apache-2.0
#include "native/kernels/gemm_b1/gemm_b1.h"

#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include "test/native/harness.h"

namespace kompakt {
namespace {

using testing::GuardedBuffer;
using testing::Random;

struct Case {
  int64_t m, n;
  int taps, bytes;       // of one tap
  bool classes = false;  // rows take turns among three rows of the table
  int fill = -1;         // all bytes of A; its complement is B
  int32_t limit = 0;     // of every column; 0: about half the bits
};

struct Problem {
  explicit Problem(const Case& shape);
  int64_t Sum(int64_t m, int64_t n) const;  // of the products, as table - 2 * pop
  Case c;
  int64_t row_bytes;
  GuardedBuffer a;
  std::vector<uint8_t> w;
  std::vector<int32_t> rows, taps, row_class, table;
};

Problem::Problem(const Case& shape) : c(shape) {
  Random random(static_cast<uint64_t>(c.m * 131 + c.n * 17 + c.bytes + c.taps));
  row_bytes = static_cast<int64_t>(c.taps) * c.bytes + 3;  // odd: no alignment to rely on
  a = GuardedBuffer(static_cast<size_t>(c.m * row_bytes));
  for (size_t i = 0; i < a.size(); ++i)
    a.data()[i] = static_cast<uint8_t>(c.fill < 0 ? random.Int(0, 255) : c.fill);
  w.resize(static_cast<size_t>(c.n) * c.taps * c.bytes);
  for (uint8_t& v : w) v = static_cast<uint8_t>(c.fill < 0 ? random.Int(0, 255) : 255 - c.fill);
  for (int64_t m = 0; m < c.m; ++m) rows.push_back(static_cast<int32_t>((c.m - 1 - m) * row_bytes));
  for (int64_t m = 0; m < c.m; ++m) row_class.push_back(c.classes ? static_cast<int32_t>(m % 3) : 0);
  for (int t = 0; t < c.taps; ++t) taps.push_back(t * c.bytes);
  const int bits = c.taps * c.bytes * 8;
  for (int64_t i = 0; i < 3 * c.n; ++i)
    table.push_back(c.limit != 0 ? c.limit : bits / 2 + random.Int(-3, 3));
}

int64_t Problem::Sum(int64_t m, int64_t n) const {
  int64_t pop = 0;
  for (int i = 0; i < c.taps * c.bytes; ++i)
    for (unsigned v = a.data()[rows[m] + i] ^ w[n * c.taps * c.bytes + i]; v != 0; v &= v - 1) ++pop;
  return table[row_class[m] * c.n + n] - 2 * pop;
}

/// y of one kernel, [m][n] of s32 or [m][(n + 7) / 8] of bits.
std::vector<uint8_t> RunProblem(const GemmB1Kernel& kernel, const Problem& p, bool to_bits) {
  const Case& c = p.c;
  const int tap_bytes = (c.bytes + kernel.k_group - 1) / kernel.k_group * kernel.k_group;
  const GemmPanels panels(kernel.unit, kernel.max_units, c.n);
  // A as the kernel wants it: taps filled up with clear bits.
  const int64_t row_bytes = static_cast<int64_t>(c.taps) * tap_bytes + 1;
  GuardedBuffer a(static_cast<size_t>(c.m * row_bytes));
  std::memset(a.data(), 0, a.size());
  std::vector<int32_t> rows, taps, row_tables;
  const int64_t width = panels.units * panels.unit;
  for (int64_t m = 0; m < c.m; ++m) {
    rows.push_back(static_cast<int32_t>((c.m - 1 - m) * row_bytes));
    row_tables.push_back(static_cast<int32_t>(p.row_class[m] * width));
    for (int t = 0; t < c.taps; ++t)
      std::memcpy(a.data() + rows[m] + t * tap_bytes, p.a.data() + p.rows[m] + p.taps[t], c.bytes);
  }
  for (int t = 0; t < c.taps; ++t) taps.push_back(t * tap_bytes);
  std::vector<int32_t> table(static_cast<size_t>(3 * width), -1);
  for (int row = 0; row < 3; ++row)
    for (int64_t n = 0; n < c.n; ++n) table[row * width + n] = p.table[row * c.n + n];
  AlignedBuffer packed(GemmB1PackedBytes(panels, c.taps, tap_bytes));
  PackGemmB1(kernel, panels, c.taps, c.bytes, tap_bytes, p.w.data(), packed.data());
  const int64_t y_stride = to_bits ? (c.n + 7) / 8 : c.n;
  GuardedBuffer y(static_cast<size_t>(c.m * y_stride) * (to_bits ? 1 : 4));
  for (int64_t panel = 0; panel < panels.count; ++panel) {
    GemmB1Block g = {};
    g.a = a.data(), g.row_offsets = rows.data(), g.tap_offsets = taps.data();
    g.rows = c.m, g.taps = c.taps, g.tap_bytes = tap_bytes;
    g.b = GemmB1Panel(panels, c.taps, tap_bytes, packed.data(), panel);
    g.table = table.data() + panels.Begin(panel);
    g.row_tables = c.classes ? row_tables.data() : nullptr;
    g.to_bits = to_bits;
    g.y = y.data() + (to_bits ? panels.Begin(panel) / 8 : panels.Begin(panel) * 4);
    g.y_stride = y_stride, g.columns = panels.Columns(panel);
    kernel.run(g);
  }
  CHECK(y.Intact());
  return std::vector<uint8_t>(y.data(), y.data() + y.size());
}

void CheckTiers(const Case& c) {
  size_t count = 0;
  const GemmB1Kernel* kernels = GemmB1Kernels(&count);
  const Problem problem(c);
  for (bool to_bits : {true, false}) {
    const std::vector<uint8_t> expected = RunProblem(kernels[count - 1], problem, to_bits);
    for (size_t i = 0; i + 1 < count; ++i) {
      if (!HasTier(kernels[i].tier)) continue;
      INFO(kernels[i].name, " m ", c.m, " n ", c.n, " bytes ", c.bytes, " taps ", c.taps, " bits ", to_bits);
      CHECK(RunProblem(kernels[i], problem, to_bits) == expected);
    }
  }
}

TEST_CASE("gemm_b1: the reference follows its definition") {
  for (int64_t n : {1, 7, 8, 9, 17}) {
    Case c{3, n, 3, 5};
    c.classes = true;
    const Problem problem(c);
    size_t count = 0;
    const GemmB1Kernel& reference = GemmB1Kernels(&count)[count - 1];
    const std::vector<uint8_t> sums = RunProblem(reference, problem, false),
                               bits = RunProblem(reference, problem, true);
    for (int64_t m = 0; m < c.m; ++m)
      for (int64_t i = 0; i < (n + 7) / 8 * 8; ++i) {
        const bool bit = bits[m * ((n + 7) / 8) + i / 8] >> i % 8 & 1;
        if (i >= n) {
          CHECK_FALSE(bit);
          continue;
        }
        int32_t sum;
        std::memcpy(&sum, sums.data() + (m * n + i) * 4, 4);
        CHECK(sum == problem.Sum(m, i));
        // pop <= limit where limit - 2 * pop >= -limit.
        CHECK(bit == (problem.Sum(m, i) >= -problem.table[problem.row_class[m] * n + i]));
      }
  }
}

TEST_CASE("gemm_b1: every tier equals the reference around its tile") {
  for (int64_t m : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 17})
    for (int64_t n : {1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 63, 64, 65, 67}) CheckTiers({m, n, 1, 20});
  for (int64_t n = 1; n <= 139; n += 3) CheckTiers({5, n, 2, 9, true});
}

TEST_CASE("gemm_b1: depths, taps and rows of the table") {
  for (int bytes : {0, 1, 2, 3, 4, 5, 7, 8, 12, 13, 15, 16, 17, 31, 32, 33, 64, 127})
    for (int taps : {1, 2, 3, 9}) CheckTiers({7, 37, taps, bytes, taps == 3});
}

TEST_CASE("gemm_b1: eights of bytes that fill no vector of 16") {
  for (int taps : {1, 2, 3, 5, 9})
    for (int bytes = 8; bytes <= 264; bytes += bytes < 48 ? 8 : 24)
      for (int64_t m : {1, 2, 3, 4, 9}) CheckTiers({m, 13, taps, bytes, taps == 2});
}

TEST_CASE("gemm_b1: limits that no count reaches or exceeds") {
  for (int32_t limit : {-1, 1, 32766, 32767, 32768, 65535, 65536, INT32_MAX})
    for (int bytes : {24, 48, 96, 264}) {
      Case c{5, 11, 3, bytes, true};
      c.limit = limit;
      CheckTiers(c);
      c.fill = 0;
      CheckTiers(c);
    }
}

TEST_CASE("gemm_b1: counts of bytes do not overflow") {
  for (int fill : {0, 255}) {
    for (int bytes :
         {31 * 4 - 4, 31 * 4, 31 * 4 + 4, 31 * 8, 31 * 8 + 8, 31 * 16, 31 * 16 + 16, 4608 / 8, 2000, 9000}) {
      Case c{5, 19, 1, bytes};
      c.fill = fill;
      CheckTiers(c);
      c.taps = 3;
      CheckTiers(c);
    }
  }
}

}  // namespace
}  // namespace kompakt
