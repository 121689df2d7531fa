// Program: the decoded form of what run/program.ts encodes. Bytes come from JavaScript or a file and are not
// trusted: decoding checks every count, index and size against what is there. SPDX-License-Identifier:
// Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "native/base/status.h"
#include "native/ops/step.h"

namespace kompakt {

struct ProgramTensor {
  TensorView view;      // data is null until the plan is made
  uint64_t offset = 0;  // into the arena; unused for constants
};

struct ProgramStep {
  std::string kind;
  std::vector<int32_t> inputs;  // -1: absent
  std::vector<int32_t> outputs;
  Params params;
};

struct Program {
  uint64_t arena_bytes = 0;
  std::vector<ProgramTensor> tensors;
  std::vector<ProgramStep> steps;
};

/// Decodes and checks: tensors lie inside the arena, ids exist, ranks and sizes are sane.
Status DecodeProgram(const uint8_t* bytes, size_t size, Program* out);

}  // namespace kompakt
