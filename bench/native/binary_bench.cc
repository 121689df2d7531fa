// binary_bench: GOP/s of gemm_b1 at matrix shapes of known networks, on one thread and with its data in
// cache, beside what the same instructions reach on registers alone: exclusive or, count, add. Best of many
// short samples; peaks, shapes and tiers take turns in rounds. Usage: binary_bench [--json].
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "native/base/check.h"
#include "native/cpu/region.h"
#include "native/kernels/gemm_b1/gemm_b1.h"
#include "test/native/harness.h"
#if KPT_X86_64
#include <immintrin.h>
#endif
#if KPT_ARM64
#include <arm_neon.h>
#endif

namespace kompakt {
namespace {

/// One-bit multiply-accumulates of a peak loop of `count` turns.
using PeakLoop = double (*)(int count);

#if KPT_X86_64
KPT_TIER_BEGIN_AVX512POPCNT
double PeakAvx512(int count) {
  constexpr int kChains = 16;
  __m512i acc[kChains];
  for (__m512i& a : acc) a = _mm512_setzero_si512();
  const __m512i x = _mm512_set1_epi32(77), w = _mm512_set1_epi32(3);
  for (int i = 0; i < count; ++i) {
    KPT_UNROLL
    for (int j = 0; j < kChains; ++j) {
      __m512i v;
      asm volatile("vpxord %2, %1, %0" : "=v"(v) : "v"(x), "v"(w));
      acc[j] = _mm512_add_epi32(acc[j], _mm512_popcnt_epi32(v));
    }
  }
  for (__m512i& a : acc) asm volatile("" ::"v"(a));
  return 512.0 * kChains * count;
}
KPT_TIER_END

KPT_TIER_BEGIN_AVX2
double PeakAvx2(int count) {
  constexpr int kChains = 6;
  __m256i acc[kChains];
  for (__m256i& a : acc) a = _mm256_setzero_si256();
  const __m256i x = _mm256_set1_epi32(77), w = _mm256_set1_epi32(3), low = _mm256_set1_epi8(15);
  const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2,
                                         3, 1, 2, 2, 3, 2, 3, 3, 4);
  for (int i = 0; i < count; ++i) {
    KPT_UNROLL
    for (int j = 0; j < kChains; ++j) {
      __m256i v;
      asm volatile("vpxor %2, %1, %0" : "=x"(v) : "x"(x), "x"(w));
      const __m256i lows = _mm256_shuffle_epi8(table, _mm256_and_si256(v, low));
      const __m256i highs = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi32(v, 4), low));
      acc[j] = _mm256_add_epi8(_mm256_add_epi8(acc[j], lows), highs);
    }
  }
  for (__m256i& a : acc) asm volatile("" ::"x"(a));
  return 256.0 * kChains * count;
}
KPT_TIER_END
#endif
#if KPT_ARM64
double PeakNeon(int count) {
  constexpr int kChains = 16;
  uint8x16_t acc[kChains];
  for (uint8x16_t& a : acc) a = vdupq_n_u8(0);
  const uint8x16_t x = vdupq_n_u8(77), w = vdupq_n_u8(3);
  for (int i = 0; i < count; ++i) {
    KPT_UNROLL
    for (int j = 0; j < kChains; ++j) {
      uint8x16_t v;
      asm volatile("eor %0.16b, %1.16b, %2.16b" : "=w"(v) : "w"(x), "w"(w));
      acc[j] = vaddq_u8(acc[j], vcntq_u8(v));
    }
  }
  for (uint8x16_t& a : acc) asm volatile("" ::"w"(a));
  return 128.0 * kChains * count;
}
#endif

PeakLoop PeakOf(Tier tier) {
#if KPT_X86_64
  if (tier == kAvx512Popcnt) return PeakAvx512;
  if (tier == kAvx2) return PeakAvx2;
#endif
#if KPT_ARM64
  if (tier == kNeon) return PeakNeon;
#endif
  return nullptr;  // the reference: no peak of its own
}

double Seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct Shape {
  int m, n, k;
};
constexpr Shape kShapes[] = {{1, 512, 512},    {1, 1024, 1024},   {49, 512, 512},    {196, 256, 1152},
                             {784, 128, 1152}, {3136, 64, 576},   {128, 1024, 1024}, {256, 256, 2304},
                             {49, 512, 4608},  {1024, 1024, 1024}};

/// One shape on one tier, bits or sums out.
class Bench {
 public:
  Bench(const GemmB1Kernel& kernel, const Shape& shape, bool to_bits)
      : kernel_(kernel),
        shape_(shape),
        to_bits_(to_bits),
        panels_(kernel.unit, kernel.max_units, shape.n),
        bytes_(shape.k / 8) {
    testing::Random random(7);
    a_ = AlignedBuffer(static_cast<size_t>(shape.m) * bytes_);
    y_ = AlignedBuffer(static_cast<size_t>(shape.m) * shape.n * (to_bits ? 1 : 4));
    std::vector<uint8_t> w(static_cast<size_t>(shape.n) * bytes_);
    for (size_t i = 0; i < a_.size(); ++i) a_.data()[i] = static_cast<uint8_t>(random.Int(0, 255));
    for (uint8_t& v : w) v = static_cast<uint8_t>(random.Int(0, 255));
    packed_ = AlignedBuffer(GemmB1PackedBytes(panels_, 1, bytes_));
    PackGemmB1(kernel, panels_, 1, bytes_, bytes_, w.data(), packed_.data());
    table_.assign(static_cast<size_t>(panels_.units * panels_.unit), shape.k / 2);
    for (int m = 0; m < shape.m; ++m) rows_.push_back(m * bytes_);
  }

  void Sample() {
    const int repeats = static_cast<int>(std::clamp(3e8 / Operations(), 1.0, 2000.0));
    Run();  // brings its data into cache
    const double start = Seconds();
    for (int i = 0; i < repeats; ++i) Run();
    best_ = std::min(best_, (Seconds() - start) / repeats);
  }
  double Gops() const { return Operations() / best_ * 1e-9; }
  const GemmB1Kernel& kernel() const { return kernel_; }
  const Shape& shape() const { return shape_; }
  bool to_bits() const { return to_bits_; }

 private:
  double Operations() const { return 2.0 * shape_.m * shape_.n * shape_.k; }
  void Run() {
    const int32_t tap = 0;
    for (int64_t panel = 0; panel < panels_.count; ++panel) {
      const int64_t column = panels_.Begin(panel);
      GemmB1Block g = {};
      g.a = a_.data(), g.row_offsets = rows_.data(), g.tap_offsets = &tap;
      g.rows = shape_.m, g.taps = 1, g.tap_bytes = bytes_;
      g.b = GemmB1Panel(panels_, 1, bytes_, packed_.data(), panel);
      g.table = table_.data() + column;
      g.to_bits = to_bits_;
      g.y = y_.data() + (to_bits_ ? column / 8 : column * 4);
      g.y_stride = to_bits_ ? shape_.n / 8 : shape_.n, g.columns = panels_.Columns(panel);
      kernel_.run(g);
    }
  }

  const GemmB1Kernel& kernel_;
  Shape shape_;
  bool to_bits_;
  GemmPanels panels_;
  int bytes_;
  AlignedBuffer a_, y_, packed_;
  std::vector<int32_t> table_, rows_;
  double best_ = 1e30;
};

}  // namespace

int Main(bool json) {
  constexpr int kRounds = 60, kPeakTurns = 4000;
  size_t count = 0;
  const GemmB1Kernel* kernels = GemmB1Kernels(&count);
  std::vector<Bench> benches;
  std::vector<double> peaks(count, 0);
  for (size_t i = 0; i < count; ++i)
    for (const Shape& shape : kShapes)
      for (bool to_bits : {true, false})
        if (HasTier(kernels[i].tier) && PeakOf(kernels[i].tier) != nullptr)
          benches.emplace_back(kernels[i], shape, to_bits);
  for (int round = 0; round < kRounds; ++round) {
    for (size_t i = 0; i < count; ++i) {
      const PeakLoop peak = PeakOf(kernels[i].tier);
      if (!HasTier(kernels[i].tier) || peak == nullptr) continue;
      const double start = Seconds();
      const double macs = peak(kPeakTurns);
      peaks[i] = std::max(peaks[i], 2e-9 * macs / (Seconds() - start));
    }
    for (Bench& bench : benches) bench.Sample();
  }
  if (json) std::printf("[");
  const char* separator = "";
  for (const Bench& bench : benches) {
    const double peak = peaks[static_cast<size_t>(&bench.kernel() - kernels)];
    const Shape& s = bench.shape();
    const std::string shape = std::to_string(s.m) + "x" + std::to_string(s.n) + "x" + std::to_string(s.k);
    std::printf(json ? "%s{\"kernel\":\"%s\",\"shape\":\"%s\",\"output\":\"%s\",\"gops\":%.1f,\"peak\":%.1f,"
                       "\"ofPeak\":%.3f}"
                     : "%s%-30s %-15s %-4s %8.1f GOP/s of %8.1f  %5.3f\n",
                separator, bench.kernel().name, shape.c_str(), bench.to_bits() ? "bits" : "s32", bench.Gops(),
                peak, bench.Gops() / peak);
    separator = json ? "," : "";
  }
  if (json) std::printf("]\n");
  return 0;
}

}  // namespace kompakt

int main(int argc, char** argv) { return kompakt::Main(argc > 1 && std::strcmp(argv[1], "--json") == 0); }
