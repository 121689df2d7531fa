// scale_shift_f32: y = x * scale + shift, of vectors of one length or of one scale and shift.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "native/kernels/kernel.h"

namespace kompakt {

/// y[i] = x[i] * scale[i] + shift[i], product and sum rounded apart. y may be x.
using ScaleShiftFn = void (*)(const float* x, const float* scale, const float* shift, float* y,
                              int64_t count);
/// The same with one scale and one shift for all.
using ScaleShiftPlaneFn = void (*)(const float* x, float scale, float shift, float* y, int64_t count);
struct ScaleShiftKernel {
  ScaleShiftFn run;
  ScaleShiftPlaneFn plane;
};

KernelList<ScaleShiftKernel> ScaleShiftKernels();
const ScaleShiftKernel& BestScaleShiftKernel();

}  // namespace kompakt
