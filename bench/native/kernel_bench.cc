// kernel_bench: GOP/s of the 8-bit steps at layers of known networks, on one thread, next to the peak of this
// core's multiplications, measured in the same run: with an output around a zero point of 128, and, as behind
// a Relu, with one from 0, which takes fewer instructions. Operations are nominal: taps in the padding count.
// Best of many short samples; layers are interleaved in rounds. Run once per tier: KOMPAKT_FORCE_TIER=avx2
// kernel_bench [--json] (a document a line) [part of the names of layers]. SPDX-License-Identifier:
// Apache-2.0
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/native/dot_peak.h"
#include "native/cpu/tier.h"
#include "test/native/harness.h"

namespace kompakt {
namespace {

using testing::ParamList;
using testing::Random;
using testing::TestTensor;

struct Layer {
  const char* name;
  int64_t size, channels, out, kernel, stride;
  bool depthwise;
};

constexpr Layer kLayers[] = {
    {"fc 1x512x512", 1, 512, 512, 1, 1, false},         {"mb2 1x1 24-144 @56", 56, 24, 144, 1, 1, false},
    {"mb2 1x1 32-192 @28", 28, 32, 192, 1, 1, false},   {"mb2 1x1 144-24 @56", 56, 144, 24, 1, 1, false},
    {"ocr 3x3 96-24 @80", 80, 96, 24, 3, 1, false},     {"mb2 1x1 96-576 @14", 14, 96, 576, 1, 1, false},
    {"mb2 1x1 160-960 @7", 7, 160, 960, 1, 1, false},   {"r50 1x1 256-64 @56", 56, 256, 64, 1, 1, false},
    {"r50 1x1 2048-512 @7", 7, 2048, 512, 1, 1, false}, {"r8 3x3 3-16 @32", 32, 3, 16, 3, 1, false},
    {"r8 3x3 16-16 @32", 32, 16, 16, 3, 1, false},      {"r8 3x3 32-32 @16", 16, 32, 32, 3, 1, false},
    {"r8 3x3 64-64 @8", 8, 64, 64, 3, 1, false},        {"r50 3x3 64-64 @56", 56, 64, 64, 3, 1, false},
    {"r50 3x3 256-256 @14", 14, 256, 256, 3, 1, false}, {"r50 3x3 512-512 @7", 7, 512, 512, 3, 1, false},
    {"mb2 dw3x3 32 @112", 112, 32, 32, 3, 1, true},     {"mb2 dw3x3 96 @112 /2", 112, 96, 96, 3, 2, true},
    {"mb2 dw3x3 144 @56", 56, 144, 144, 3, 1, true},    {"mb2 dw3x3 144 @56 /2", 56, 144, 144, 3, 2, true},
    {"mb2 dw3x3 192 @28", 28, 192, 192, 3, 1, true},    {"mb2 dw3x3 576 @14", 14, 576, 576, 3, 1, true},
    {"mb2 dw3x3 960 @7", 7, 960, 960, 3, 1, true},      {"mb3 dw5x5 240 @14", 14, 240, 240, 5, 1, true},
};

class BenchPacks : public PackCache {
 protected:
  uint8_t* Reserve(int, const std::string&, size_t bytes, bool* fresh) override {
    *fresh = true;
    blocks_.push_back(AlignedBuffer(bytes));
    return blocks_.back().data();
  }

 private:
  std::vector<AlignedBuffer> blocks_;
};

/// One conv_u8 step with memory of its own.
struct Bench {
  Bench(const Layer& l, int most, int zero)
      : layer(l),
        x(DType::kU8, {1, l.size, l.size, l.channels}),
        w(DType::kS8, {l.out, l.kernel, l.kernel, l.depthwise ? 1 : l.channels}),
        scale(DType::kF32, {l.out}),
        y(DType::kU8, {1, (l.size - 1) / l.stride + 1, (l.size - 1) / l.stride + 1, l.out}) {
    Random random(7);
    x.FillU8(&random);
    w.FillS8(&random, -most, most).Constant(0);
    scale.FillF32(&random, 0.0001f, 0.001f).Constant(1);
    const double pad = static_cast<double>(l.kernel / 2), stride = static_cast<double>(l.stride);
    ParamList p;
    p.Set("strides", {stride, stride}).Set("dilations", {1.0, 1.0}).Set("pads", {pad, pad, pad, pad});
    p.Set("group", static_cast<double>(l.depthwise ? l.channels : 1)).Set("xZero", 128).Set("yZero", zero);
    p.Set("lo", 0).Set("hi", 255).Set("residual", std::vector<double>{});
    spec.kind = "conv_u8";
    spec.inputs = {&x.view, &w.view, nullptr, &scale.view};
    spec.outputs = {&y.view};
    spec.params = p.params;
    spec.packs = &packs;
    const Status status = FindStep("conv_u8")(spec, &step);
    if (!status.ok()) std::fprintf(stderr, "%s: %s\n", l.name, status.message().c_str());
    scratch = AlignedBuffer(spec.scratch_bytes);
  }
  double Gops() const { return Operations() / best * 1e-9; }
  double Operations() const { return 2.0 * static_cast<double>(y.size() * w.size() / layer.out); }

  Layer layer;
  TestTensor x, w, scale, y;
  BenchPacks packs;
  StepSpec spec;
  std::unique_ptr<Step> step;
  AlignedBuffer scratch;
  double best = 1e30;
};

double Seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void Sample(Bench* b, ThreadPool* pool) {
  RunContext context = {};
  context.pool = pool;
  context.scratch = b->scratch.data();
  const int repeats = static_cast<int>(std::clamp(3e7 / b->Operations(), 1.0, 1000.0));
  b->step->Run(context);
  const double start = Seconds();
  for (int i = 0; i < repeats; ++i) b->step->Run(context);
  b->best = std::min(b->best, (Seconds() - start) / repeats);
}

/// All layers with weights up to `most`, against the peak.
void Report(int most, bool json, const char* part) {
  const DotPeak peak = MeasureDotPeak(most < 127);
  ThreadPool pool(1);
  std::vector<std::unique_ptr<Bench>> benches;
  for (const Layer& layer : kLayers)
    for (int zero : {128, 0})
      if (std::strstr(layer.name, part) != nullptr)
        benches.push_back(std::make_unique<Bench>(layer, most, zero));
  for (int round = 0; round < 40; ++round)
    for (const auto& bench : benches) Sample(bench.get(), &pool);
  std::printf(json ? "{\"tier\":\"%s\",\"weights\":%d,\"peak\":\"%s\",\"peakGops\":%.1f,\"layers\":["
                   : "tier %s, weights up to %d, peak of %s: %.1f GOP/s\n"
                     "layer, zero point of the output               128                       0   of peak\n",
              TierName(BestTier()), most, peak.instructions, peak.gops);
  const char* separator = "";
  for (size_t i = 0; i < benches.size(); i += 2) {
    const Bench &middle = *benches[i], &from_zero = *benches[i + 1];
    const double scale = peak.gops > 0 ? 1 / peak.gops : 0;
    std::printf(json ? "%s{\"name\":\"%s\",\"microseconds\":%.2f,\"gops\":%.1f,\"gopsFromZero\":%.1f,"
                       "\"ofPeak\":%.3f,\"ofPeakFromZero\":%.3f}"
                     : "%s%-24s %9.2f us %7.1f GOP/s %7.1f GOP/s %6.2f %6.2f\n",
                separator, middle.layer.name, middle.best * 1e6, middle.Gops(), from_zero.Gops(),
                middle.Gops() * scale, from_zero.Gops() * scale);
    if (json) separator = ",";
  }
  if (json) std::printf("]}\n");
}

}  // namespace
}  // namespace kompakt

int main(int argc, char** argv) {
  using namespace kompakt;
  const bool json = argc > 1 && std::strcmp(argv[1], "--json") == 0;
  const char* part = argc > 1 + json ? argv[1 + json] : "";
  Report(127, json, part);
  // Weights of 7 bits take another path on AVX2 without VNNI: PackedWeights proves that it is exact.
  if (BestTier() == kAvx2) Report(63, json, part);
}
