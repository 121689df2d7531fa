// PlanDump: a plan with its constants and inputs in one block of bytes; test/helpers/plan-dump.ts has the
// layout. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "native/engine/plan.h"

namespace kompakt::testing {

struct PlanDump {
  using Bytes = std::vector<uint8_t>;
  std::vector<std::pair<std::string, Bytes>> constants;  // shape, bytes
  Bytes program;
  std::vector<std::pair<uint32_t, Bytes>> inputs;      // tensor, bytes
  std::vector<std::pair<uint32_t, uint32_t>> outputs;  // tensor, size in bytes
};

/// Reads a dump; false when the bytes are not one.
bool ReadPlanDump(const uint8_t* bytes, size_t size, PlanDump* out);
std::vector<uint8_t> WritePlanDump(const PlanDump& dump);

/// Makes the plan and writes its inputs.
Status MakePlan(const PlanDump& dump, int threads, std::unique_ptr<Plan>* out);

}  // namespace kompakt::testing
