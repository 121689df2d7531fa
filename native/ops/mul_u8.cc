// Step mul_u8: quantised multiplication with broadcasting (squeeze-and-excite gates are [N,1,1,C]).
// SPDX-License-Identifier: Apache-2.0
#include "native/ops/binary_u8.h"

namespace kompakt {

Status MakeMulU8(const StepSpec& spec, std::unique_ptr<Step>* out) {
  BinaryU8Params params;
  KPT_RETURN_IF_ERROR(spec.params.Float("factor", &params.a_factor));
  return MakeBinaryU8(spec, BestBinaryU8Kernel().mul, params, out);
}

}  // namespace kompakt
