// Step prune_f32: weights of which the smallest are 0, more of them as training goes on.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "native/ops/checks.h"

namespace kompakt {
namespace {

struct Ramp {
  int64_t from = 0, to = 0;
  float begin = 0, end = 0;
};

/// Zeros among the weights, as lib/ops/prune.ts computes them.
int64_t ZerosOf(const Ramp& ramp, float progress) {
  const double from = static_cast<double>(ramp.from), to = static_cast<double>(ramp.to);
  const double begin = static_cast<double>(ramp.begin), end = static_cast<double>(ramp.end);
  const double at = static_cast<double>(progress);
  const double t = at >= end ? 1.0 : at > begin ? (at - begin) / (end - begin) : 0.0;
  const double left = 1.0 - t;
  return static_cast<int64_t>(std::floor(to + (from - to) * left * left * left + 0.5));
}

/// Magnitudes of floats are ordered as their bits without the sign; NaN counts as infinite.
uint32_t MagnitudeOf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return std::min(bits & 0x7fffffffu, 0x7f800000u);
}

/// What is below `magnitude` goes, and of what is equal to it the first `equal`.
struct Threshold {
  uint32_t magnitude = 0;
  int64_t equal = 0;
};

/// The magnitude at place `zeros` of n in rising order, 0 < zeros <= n: three passes, each over the digits of
/// those weights whose higher digits are settled.
Threshold Select(const float* w, int64_t n, int64_t zeros) {
  constexpr std::array<uint32_t, 3> kShifts{20, 10, 0};
  constexpr uint32_t kDigits = 1u << 11;
  uint32_t settled = 0, mask = 0;
  int64_t left = zeros;
  for (const uint32_t shift : kShifts) {
    std::array<int64_t, kDigits> counts{};
    const uint32_t digits = shift == kShifts[0] ? kDigits - 1 : (1u << 10) - 1;
    for (int64_t i = 0; i < n; ++i) {
      const uint32_t magnitude = MagnitudeOf(w[i]);
      if ((magnitude & mask) == settled) ++counts[(magnitude >> shift) & digits];
    }
    uint32_t digit = 0;
    while (counts[digit] < left) left -= counts[digit++];
    settled |= digit << shift;
    mask |= digits << shift;
  }
  return {settled, left};
}

class PruneF32 : public Step {
 public:
  PruneF32(const Ramp& ramp, const StepSpec& spec)
      : ramp_(ramp),
        w_(spec.in(0)->as<float>()),
        mask_(spec.in(1)->as<float>()),
        progress_(spec.in(2)->as<float>()),
        y_(spec.out(0).as<float>()),
        next_(spec.out(1).as<float>()),
        n_(spec.in(0)->size()) {}

  void Run(const RunContext&) override {
    const int64_t zeros = ZerosOf(ramp_, *progress_);
    int64_t masked = 0;
    for (int64_t i = 0; i < n_; ++i) masked += mask_[i] == 0.0f ? 1 : 0;
    if (masked == zeros)
      std::memmove(next_, mask_, static_cast<size_t>(n_) * sizeof(float));
    else
      MakeMask(zeros);
    for (int64_t i = 0; i < n_; ++i) y_[i] = next_[i] == 0.0f ? 0.0f : w_[i];
  }

 private:
  void MakeMask(int64_t zeros) {
    Threshold threshold = zeros == 0 ? Threshold() : Select(w_, n_, zeros);
    for (int64_t i = 0; i < n_; ++i) {
      const uint32_t magnitude = MagnitudeOf(w_[i]);
      const bool tie = magnitude == threshold.magnitude && threshold.equal > 0;
      if (tie) --threshold.equal;
      next_[i] = tie || magnitude < threshold.magnitude ? 0.0f : 1.0f;
    }
  }

  Ramp ramp_;
  const float* w_;
  const float* mask_;
  const float* progress_;
  float* y_;
  float* next_;
  int64_t n_;
};

Status ReadShare(const StepSpec& spec, const char* name, float* out) {
  KPT_RETURN_IF_ERROR(spec.params.Float(name, out));
  return *out >= 0 && *out <= 1 ? Status::Ok() : spec.Fail(std::string(name) + " is not in [0, 1]");
}

Status ReadZeros(const StepSpec& spec, const char* name, int64_t* out) {
  KPT_RETURN_IF_ERROR(spec.params.Int(name, out));
  return *out >= 0 && *out <= spec.in(0)->size()
             ? Status::Ok()
             : spec.Fail(std::string(name) + " is not within the weights");
}

}  // namespace

Status MakePruneF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(3, 3, 2));
  const TensorView& w = *spec.in(0);
  for (const TensorView* tensor : {&w, spec.in(1), spec.in(2), &spec.out(0), &spec.out(1)})
    KPT_RETURN_IF_ERROR(CheckDType(spec, *tensor, DType::kF32));
  for (const TensorView* tensor : {spec.in(1), &spec.out(0), &spec.out(1)})
    KPT_RETURN_IF_ERROR(CheckSameSize(spec, *tensor, w));
  KPT_RETURN_IF_ERROR(CheckSize(spec, *spec.in(2), 1));
  Ramp ramp;
  KPT_RETURN_IF_ERROR(ReadZeros(spec, "from", &ramp.from));
  KPT_RETURN_IF_ERROR(ReadZeros(spec, "to", &ramp.to));
  KPT_RETURN_IF_ERROR(ReadShare(spec, "begin", &ramp.begin));
  KPT_RETURN_IF_ERROR(ReadShare(spec, "end", &ramp.end));
  *out = std::make_unique<PruneF32>(ramp, spec);
  return Status::Ok();
}

}  // namespace kompakt
