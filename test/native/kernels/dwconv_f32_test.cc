// dwconv_f32: every tier that this CPU has gives the bytes of the reference, and writes nothing else.
#include "native/kernels/dwconv_f32/dwconv_f32.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "test/native/harness.h"

namespace kompakt::testing {
namespace {

struct Shape {
  int64_t channels, in_w, kw, lines, stride, dilation, pad;
};

std::vector<uint8_t> Compute(DwconvF32Fn kernel, const Shape& s, bool extras, UnaryOp activation) {
  Random random(static_cast<uint64_t>(s.channels * 100 + s.in_w));
  const int64_t out_w = (s.in_w + 2 * s.pad - (s.kw - 1) * s.dilation - 1) / s.stride + 1;
  TestTensor x(DType::kF32, {s.lines, s.in_w, s.channels}), y(DType::kF32, {out_w, s.channels});
  TestTensor w(DType::kF32, {s.lines * s.kw, DwconvF32Stride(s.channels)});
  TestTensor bias(DType::kF32, {s.channels}), residual(DType::kF32, {out_w, s.channels});
  x.FillF32(&random, -1, 1);
  w.FillF32(&random, -1, 1);
  bias.FillF32(&random, -1, 1);
  residual.FillF32(&random, -1, 1);
  std::vector<const float*> lines;
  for (int64_t i = 0; i < s.lines; ++i) lines.push_back(x.as<float>() + i * s.in_w * s.channels);
  const DwconvF32Row row{lines.data(),
                         s.lines,
                         w.as<float>(),
                         DwconvF32Stride(s.channels),
                         s.kw,
                         s.channels,
                         s.channels > 32 ? 16 : 0,
                         s.channels,
                         s.in_w,
                         out_w,
                         s.stride,
                         s.dilation,
                         s.pad,
                         extras ? bias.as<float>() : nullptr,
                         extras ? residual.as<float>() : nullptr,
                         y.as<float>(),
                         activation};
  kernel(row);
  CHECK(y.Intact());
  return std::vector<uint8_t>(y.view.data, y.view.data + y.view.bytes());
}

TEST_CASE("every tier of dwconv_f32 equals the reference") {
  const KernelList<DwconvF32Fn> kernels = DwconvF32Kernels();
  const DwconvF32Fn reference = kernels.first[kernels.count - 1].run;
  const UnaryOp activations[] = {
      {}, {UnaryKind::kRelu}, {UnaryKind::kHardSwish}, {UnaryKind::kClip, 0, 0.4f}};
  for (const Kernel<DwconvF32Fn>& kernel : kernels) {
    if (!HasTier(kernel.tier)) continue;
    CAPTURE(std::string(kernel.name));
    int i = 0;
    for (int64_t channels : {1, 3, 4, 7, 8, 15, 16, 17, 40, 67})
      for (int64_t in_w : {5, 7, 8, 11, 26})
        for (int64_t kw : {1, 3, 5, 7})
          for (int64_t stride : {1, 2, 3})
            for (int64_t dilation : {1, 2}) {
              const Shape s{channels, in_w, kw, 1 + i % 3, stride, dilation, (kw / 2) * dilation};
              CAPTURE(channels);
              CAPTURE(in_w);
              CAPTURE(kw);
              CAPTURE(stride);
              CAPTURE(dilation);
              const UnaryOp op = activations[i % 4];
              CHECK(Compute(kernel.run, s, i % 2 == 0, op) == Compute(reference, s, i % 2 == 0, op));
              ++i;
            }
  }
}

}  // namespace
}  // namespace kompakt::testing
