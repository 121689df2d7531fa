// optimizer_f32: updates of parameters by their gradients.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "native/kernels/kernel.h"

namespace kompakt {

/// The same names as in optimizer_f32 of lib/ops/steps.ts.
enum class UpdateRule : uint8_t { kPlain, kMomentum, kNesterov, kAdam, kRmsprop, kBop };

/// What an update is told; lib/ops/*-update.ts have the formulas.
struct OptimizerUpdate {
  UpdateRule rule;
  float alpha, beta, epsilon, decay, l1, l2;
  /// Between which new parameters are kept.
  float low, high;
  /// Multiplies the gradient.
  float scale;
  /// Numbers of the step: rate, or Adam's three.
  float hyper[3];
  const float* w;
  const float* g;
  const float* slots[2];
  /// May be the inputs.
  float* new_w;
  float* new_slots[2];
};

struct OptimizerKernel {
  /// Elements [begin, end).
  void (*update)(const OptimizerUpdate& update, int64_t begin, int64_t end);
};

KernelList<OptimizerKernel> OptimizerKernels();
const OptimizerKernel& BestOptimizerKernel();

}  // namespace kompakt
