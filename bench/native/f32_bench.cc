// Float32 steps at the shapes of known networks: GFLOP/s and the fraction of this core's measured
// multiply-add peak. Usage: f32_bench [threads] [name filter] SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "native/kernels/gemm_f32/gemm_f32.h"
#include "test/native/harness.h"

namespace kompakt {
namespace {

using testing::ParamList;
using testing::Random;
using testing::TestTensor;

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Least and median seconds of one call.
struct Timing {
  double least, median;
};

template <typename Body>
Timing Measure(const Body& body) {
  std::vector<double> times;
  body();
  const double end = Now() + 0.25;
  do {
    const double start = Now();
    body();
    times.push_back(Now() - start);
  } while (times.size() < 7 || (Now() < end && times.size() < 2000));
  std::sort(times.begin(), times.end());
  return {times.front(), times[times.size() / 2]};
}

/// GFLOP/s of the best tier's best tile with everything in the first-level cache: the peak in practice.
double PeakGflops() {
  const GemmF32Kernel kernel = GemmF32Kernels().Best();
  double best = 0;
  for (int vectors = 1; vectors <= kGemmF32MaxVectors; ++vectors) {
    const int rows = kernel.max_rows[vectors - 1], width = vectors * kernel.lanes, depth = 128;
    if (rows == 0) continue;
    AlignedBuffer a(static_cast<size_t>(rows * depth) * 4), b(static_cast<size_t>(depth * width) * 4);
    AlignedBuffer c(static_cast<size_t>(rows * width) * 4);
    std::vector<const float*> pointers;
    for (int r = 0; r < rows; ++r) pointers.push_back(a.as<float>() + r * depth);
    const GemmF32Tile tile{pointers.data(), rows,  1,     depth, b.as<float>(), nullptr, nullptr, 0,
                           c.as<float>(),   width, width, 1.0f,  UnaryOp{}};
    const Timing t = Measure([&] {
      for (int i = 0; i < 200; ++i) kernel.run(rows, vectors, 1, tile);
    });
    best = std::max(best, 200.0 * 2 * rows * width * depth / t.least * 1e-9);
  }
  return best;
}

class Packs : public PackCache {
 public:
  uint8_t* Reserve(int, const std::string&, size_t bytes, bool* fresh) override {
    *fresh = true;
    blocks_.emplace_back(bytes);
    return blocks_.back().data();
  }

 private:
  std::vector<AlignedBuffer> blocks_;
};

/// Makes a step once and times its runs.
Timing TimeStep(const char* kind, std::vector<TestTensor*> inputs, TestTensor* output,
                const ParamList& params, int threads) {
  Packs packs;
  StepSpec spec;
  spec.kind = kind;
  for (TestTensor* tensor : inputs) spec.inputs.push_back(&tensor->view);
  spec.outputs.push_back(&output->view);
  spec.params = params.params;
  spec.packs = &packs;
  spec.threads = threads;
  std::unique_ptr<Step> step;
  const Status status = FindStep(kind)(spec, &step);
  if (!status.ok()) {
    std::fprintf(stderr, "%s: %s\n", kind, status.message().c_str());
    std::exit(1);
  }
  ThreadPool pool(threads);
  AlignedBuffer scratch(spec.scratch_bytes);
  pool.BeginInference();
  const Timing timing = Measure([&] { step->Run(RunContext{&pool, scratch.data()}); });
  pool.EndInference();
  return timing;
}

void Report(const char* name, double flops, const Timing& t, double peak) {
  std::printf("%-28s %9.1f us min %9.1f us median %8.1f GFLOP/s %5.1f %%\n", name, t.least * 1e6,
              t.median * 1e6, flops / t.least * 1e-9, 100 * flops / t.least * 1e-9 / peak);
}

struct ConvShape {
  const char* name;
  const char* kind;
  int64_t size_h, size_w, c, o, kernel, stride, pad, group;
};

const ConvShape kConvs[] = {
    {"resnet 7x7 3-64 /2", "conv_f32", 224, 224, 3, 64, 7, 2, 3, 1},
    {"resnet 3x3 64@56", "conv_f32", 56, 56, 64, 64, 3, 1, 1, 1},
    {"resnet 3x3 128@28", "conv_f32", 28, 28, 128, 128, 3, 1, 1, 1},
    {"resnet 3x3 256@14", "conv_f32", 14, 14, 256, 256, 3, 1, 1, 1},
    {"resnet 3x3 512@7", "conv_f32", 7, 7, 512, 512, 3, 1, 1, 1},
    {"resnet 1x1 256-64@56", "conv_f32", 56, 56, 256, 64, 1, 1, 0, 1},
    {"resnet 1x1 512-128@28", "conv_f32", 28, 28, 512, 128, 1, 1, 0, 1},
    {"resnet 1x1 1024-256@14", "conv_f32", 14, 14, 1024, 256, 1, 1, 0, 1},
    {"resnet 1x1 2048-512@7", "conv_f32", 7, 7, 2048, 512, 1, 1, 0, 1},
    {"resnet 1x1 256-512@56 /2", "conv_f32", 56, 56, 256, 512, 1, 2, 0, 1},
    {"mobilenet 3x3 3-32 /2", "conv_f32", 224, 224, 3, 32, 3, 2, 1, 1},
    {"mobilenet 1x1 16-96@112", "conv_f32", 112, 112, 16, 96, 1, 1, 0, 1},
    {"mobilenet 1x1 24-144@56", "conv_f32", 56, 56, 24, 144, 1, 1, 0, 1},
    {"mobilenet 1x1 144-24@56", "conv_f32", 56, 56, 144, 24, 1, 1, 0, 1},
    {"mobilenet 1x1 32-192@28", "conv_f32", 28, 28, 32, 192, 1, 1, 0, 1},
    {"mobilenet 1x1 96-576@14", "conv_f32", 14, 14, 96, 576, 1, 1, 0, 1},
    {"mobilenet 1x1 960-160@7", "conv_f32", 7, 7, 960, 160, 1, 1, 0, 1},
    {"mobilenet 1x1 320-1280@7", "conv_f32", 7, 7, 320, 1280, 1, 1, 0, 1},
    {"mobilenet dw3x3 144@56", "conv_f32", 56, 56, 144, 144, 3, 1, 1, 144},
    {"mobilenet dw3x3 144@56 /2", "conv_f32", 56, 56, 144, 144, 3, 2, 1, 144},
    {"mobilenet dw3x3 192@28", "conv_f32", 28, 28, 192, 192, 3, 1, 1, 192},
    {"mobilenet dw3x3 576@14", "conv_f32", 14, 14, 576, 576, 3, 1, 1, 576},
    {"mobilenet dw3x3 960@7", "conv_f32", 7, 7, 960, 960, 3, 1, 1, 960},
    {"mobilenet dw5x5 240@14", "conv_f32", 14, 14, 240, 240, 5, 1, 2, 240},
    {"yunet 3x3 3-16@320 /2", "conv_f32", 320, 320, 3, 16, 3, 2, 1, 1},
    {"yunet 1x1 16-16@160", "conv_f32", 160, 160, 16, 16, 1, 1, 0, 1},
    {"yunet 1x1 64-64@80", "conv_f32", 80, 80, 64, 64, 1, 1, 0, 1},
    {"yunet dw3x3 16@160", "conv_f32", 160, 160, 16, 16, 3, 1, 1, 16},
    {"yunet dw3x3 64@80", "conv_f32", 80, 80, 64, 64, 3, 1, 1, 64},
    {"ocr dw3x3 16@320", "conv_f32", 320, 320, 16, 16, 3, 1, 1, 16},
    {"ocr 1x1 16-24@160", "conv_f32", 160, 160, 16, 24, 1, 1, 0, 1},
    {"ocr 3x3 96-24@160", "conv_f32", 160, 160, 96, 24, 3, 1, 1, 1},
    {"ocr up2x2 24-24@80", "conv_transpose_f32", 80, 80, 24, 24, 2, 2, 0, 1},
    {"ocr up2x2 24-1@160", "conv_transpose_f32", 160, 160, 24, 1, 2, 2, 0, 1},
};

void RunConvs(int threads, const char* filter, double peak) {
  for (const ConvShape& s : kConvs) {
    if (std::strstr(s.name, filter) == nullptr) continue;
    const bool up = std::strcmp(s.kind, "conv_transpose_f32") == 0;
    const int64_t oh = up ? s.size_h * s.stride : (s.size_h + 2 * s.pad - s.kernel) / s.stride + 1;
    const int64_t ow = up ? s.size_w * s.stride : (s.size_w + 2 * s.pad - s.kernel) / s.stride + 1;
    Random random(1);
    TestTensor x(DType::kF32, {1, s.size_h, s.size_w, s.c}), y(DType::kF32, {1, oh, ow, s.o});
    TestTensor w(DType::kF32, {s.o, s.kernel, s.kernel, s.c / s.group}), bias(DType::kF32, {s.o});
    x.FillF32(&random, -1, 1);
    w.FillF32(&random, -1, 1).Constant(0);
    bias.FillF32(&random, -1, 1).Constant(1);
    const double pad = static_cast<double>(s.pad), stride = static_cast<double>(s.stride);
    ParamList params;
    params.Set("strides", {stride, stride}).Set("pads", {pad, pad, pad, pad}).Set("dilations", {1, 1});
    params.Set("group", static_cast<double>(s.group))
        .Set("activation", "relu")
        .Set("alpha", 0.0)
        .Set("beta", 0.0);
    const Timing t = TimeStep(s.kind, {&x, &w, &bias}, &y, params, threads);
    const double taps = up ? 1 : static_cast<double>(s.kernel * s.kernel);
    Report(s.name, 2 * taps * static_cast<double>(oh * ow * s.o * s.c / s.group), t, peak);
  }
}

struct MatmulShape {
  const char* name;
  int64_t m, n, k;
  bool constant;
};

const MatmulShape kMatmuls[] = {
    {"fc 1x1000x1280", 1, 1000, 1280, true},       {"fc 1x512x512", 1, 512, 512, true},
    {"matmul 49x512x512", 49, 512, 512, true},     {"matmul 128x1024x1024", 128, 1024, 1024, true},
    {"matmul 1024^3", 1024, 1024, 1024, true},     {"attention 40x40x15 dynamic", 40, 40, 15, false},
    {"ocr head 40x6625x120", 40, 6625, 120, true}, {"matmul 256x256x256 dynamic", 256, 256, 256, false},
};

void RunMatmuls(int threads, const char* filter, double peak) {
  for (const MatmulShape& s : kMatmuls) {
    if (std::strstr(s.name, filter) == nullptr) continue;
    Random random(1);
    TestTensor a(DType::kF32, {s.m, s.k}), b(DType::kF32, {s.k, s.n}), y(DType::kF32, {s.m, s.n});
    a.FillF32(&random, -1, 1);
    b.FillF32(&random, -1, 1);
    if (s.constant) b.Constant(0);
    ParamList params;
    params.Set("transA", 0.0).Set("transB", 0.0).Set("factor", 1.0);
    params.Set("activation", "none").Set("alpha", 0.0).Set("beta", 0.0);
    const Timing t = TimeStep("matmul_f32", {&a, &b}, &y, params, threads);
    Report(s.name, 2.0 * static_cast<double>(s.m * s.n * s.k), t, peak);
  }
}

}  // namespace
}  // namespace kompakt

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::max(std::atoi(argv[1]), 1) : 1;
  const char* filter = argc > 2 ? argv[2] : "";
  const double peak = kompakt::PeakGflops() * threads;
  std::printf("tier %s, %d thread(s), peak %.1f GFLOP/s\n", kompakt::TierName(kompakt::BestTier()), threads,
              peak);
  kompakt::RunConvs(threads, filter, peak);
  kompakt::RunMatmuls(threads, filter, peak);
}
