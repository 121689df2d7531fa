// gemm_f32: every tier that this CPU has gives the bytes of the reference, and writes nothing else.
#include "native/kernels/gemm_f32/gemm_f32.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

#include "test/native/harness.h"

namespace kompakt::testing {
namespace {

struct Epilogue {
  bool bias, residual;
  float factor;
  UnaryOp activation;
};

const Epilogue kEpilogues[] = {
    {false, false, 1.0f, {}},
    {true, true, 0.37f, {UnaryKind::kRelu}},
    {true, false, 1.0f, {UnaryKind::kClip, -0.5f, 0.5f}},
    {false, true, 1.0f, {UnaryKind::kLeakyRelu, 0.1f, 0}},
    {true, false, 1.0f, {UnaryKind::kHardSigmoid, 0.2f, 0.5f}},
    {true, false, 1.0f, {UnaryKind::kHardSwish}},
};

/// Runs rows x columns with taps * depth through one kernel and returns the bytes of C.
std::vector<uint8_t> Compute(const GemmF32Kernel& kernel, int64_t rows, int64_t columns, int64_t taps,
                             int64_t depth, const Epilogue& epilogue) {
  Random random(static_cast<uint64_t>(rows * 1000 + columns * 10 + depth));
  TestTensor a(DType::kF32, {taps, rows, depth}), b(DType::kF32, {taps * depth, columns});
  TestTensor bias(DType::kF32, {columns}), residual(DType::kF32, {rows, columns}),
      c(DType::kF32, {rows, columns});
  a.FillF32(&random, -1, 1);
  b.FillF32(&random, -1, 1);
  bias.FillF32(&random, -1, 1);
  residual.FillF32(&random, -1, 1);
  std::vector<const float*> pointers;
  for (int64_t i = 0; i < taps * rows; ++i) pointers.push_back(a.as<float>() + i * depth);
  const GemmF32Panels panels = CutGemmF32(kernel, columns);
  AlignedBuffer packed(static_cast<size_t>(taps * depth * panels.padded_columns()) * sizeof(float));
  PackGemmF32(panels, taps * depth, columns, b.as<float>(), columns, 1, 0, panels.count(),
              packed.as<float>());
  const GemmF32 gemm{kernel,
                     panels,
                     columns,
                     taps,
                     depth,
                     packed.as<float>(),
                     epilogue.bias ? bias.as<float>() : nullptr,
                     epilogue.residual ? residual.as<float>() : nullptr,
                     columns,
                     c.as<float>(),
                     columns,
                     epilogue.factor,
                     epilogue.activation};
  RunGemmF32(gemm, pointers.data(), rows, 0, rows, 0, panels.count());
  CHECK(c.Intact());
  return std::vector<uint8_t>(c.view.data, c.view.data + c.view.bytes());
}

TEST_CASE("every tier of gemm_f32 equals the reference") {
  const KernelList<GemmF32Kernel> kernels = GemmF32Kernels();
  const GemmF32Kernel& reference = kernels.first[kernels.count - 1].run;
  for (const Kernel<GemmF32Kernel>& kernel : kernels) {
    if (!HasTier(kernel.tier)) continue;
    CAPTURE(std::string(kernel.name));
    int epilogue = 0;
    for (int64_t rows : {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 25})
      for (int64_t columns : {1, 3, 4, 7, 8, 15, 16, 17, 24, 31, 32, 33, 48, 49, 64, 67, 96})
        for (int64_t depth : {1, 2, 3, 5, 16}) {
          CAPTURE(rows);
          CAPTURE(columns);
          CAPTURE(depth);
          const int64_t taps = 1 + (rows + depth) % 3;
          const Epilogue& e = kEpilogues[epilogue++ % 6];
          CHECK(Compute(kernel.run, rows, columns, taps, depth, e) ==
                Compute(reference, rows, columns, taps, depth, e));
        }
    CHECK(Compute(kernel.run, 13, 40, 1, 1009, kEpilogues[1]) ==
          Compute(reference, 13, 40, 1, 1009, kEpilogues[1]));
  }
}

}  // namespace
}  // namespace kompakt::testing
