// FindStep: the table of step kinds, made from ops.inc.
// SPDX-License-Identifier: Apache-2.0
#include "native/ops/step.h"

namespace kompakt {

#define STEP(kind, make) Status make(const StepSpec& spec, std::unique_ptr<Step>* out);
#include "native/ops/ops.inc"
#undef STEP

MakeStep FindStep(const std::string& name) {
#define STEP(kind, make) \
  if (name == #kind) return make;
#include "native/ops/ops.inc"
#undef STEP
  return nullptr;
}

}  // namespace kompakt
