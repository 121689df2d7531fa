// Step dropout_f32: element i of step t is kept when a hash of (seed, t, i) is not below ratio * 2^32, the
// same on any number of threads; lib/ops/dropout-training.ts computes the same hash. SPDX-License-Identifier:
// Apache-2.0
#include "native/ops/checks.h"

namespace kompakt {
namespace {

/// A bijection of 32-bit integers in which every bit of x reaches every bit of the result.
uint32_t Mix(uint32_t x) {
  x = (x ^ (x >> 16)) * 0x21f0aaadu;
  x = (x ^ (x >> 15)) * 0x735a2d97u;
  return x ^ (x >> 15);
}

class DropoutF32 : public Step {
 public:
  DropoutF32(double ratio, uint32_t seed, const StepSpec& spec)
      : threshold_(static_cast<uint32_t>(ratio * 4294967296.0)),
        factor_(static_cast<float>(1.0 / (1.0 - ratio))),
        seed_(seed),
        x_(spec.in(0)->as<float>()),
        step_(spec.in(1)->as<int64_t>()),
        y_(spec.out().as<float>()),
        count_(spec.out().size()) {}

  void Run(const RunContext& context) override {
    const uint32_t key = Mix(Mix(seed_) ^ static_cast<uint32_t>(*step_));
    context.pool->ParallelFor(count_, kElementGrain, [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i)
        y_[i] = Mix(Mix(static_cast<uint32_t>(i)) ^ key) >= threshold_ ? x_[i] * factor_ : 0.0f;
    });
  }

 private:
  uint32_t threshold_;
  float factor_;
  uint32_t seed_;
  const float* x_;
  const int64_t* step_;
  float* y_;
  int64_t count_;
};

}  // namespace

Status MakeDropoutF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 2, 1));
  KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(0), DType::kF32));
  KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(1), DType::kS64));
  KPT_RETURN_IF_ERROR(CheckSize(spec, *spec.in(1), 1));
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(), DType::kF32));
  KPT_RETURN_IF_ERROR(CheckSameSize(spec, *spec.in(0), spec.out()));
  std::vector<double> ratio;
  KPT_RETURN_IF_ERROR(spec.params.Doubles("ratio", &ratio));
  if (ratio.size() != 1 || !(ratio[0] >= 0 && ratio[0] < 1)) return spec.Fail("the ratio is not in [0, 1)");
  int64_t seed = 0;
  KPT_RETURN_IF_ERROR(spec.params.Int("seed", &seed));
  *out = std::make_unique<DropoutF32>(ratio[0], static_cast<uint32_t>(seed), spec);
  return Status::Ok();
}

}  // namespace kompakt
