// Step add_u8: quantised addition with broadcasting.
// SPDX-License-Identifier: Apache-2.0
#include "native/ops/binary_u8.h"

namespace kompakt {

Status MakeAddU8(const StepSpec& spec, std::unique_ptr<Step>* out) {
  BinaryU8Params params;
  KPT_RETURN_IF_ERROR(spec.params.Float("aFactor", &params.a_factor));
  KPT_RETURN_IF_ERROR(spec.params.Float("bFactor", &params.b_factor));
  return MakeBinaryU8(spec, BestBinaryU8Kernel().add, params, out);
}

}  // namespace kompakt
