// Plan: steps over an arena, ready to run. Knows no graph; allocates nothing while it runs.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "native/base/aligned_buffer.h"
#include "native/base/status.h"
#include "native/engine/session.h"
#include "native/engine/step_costs.h"
#include "native/ops/step.h"

namespace kompakt {

/// kRefused: a tensor held what a step cannot compute with; see Plan::refusal().
enum class RunResult { kDone, kAborted, kRefused };

class Plan {
 public:
  /// Decodes the program, makes every step and takes all memory that running needs.
  static Status Create(std::shared_ptr<Session> session, const uint8_t* program, size_t size,
                       std::unique_ptr<Plan>* out);

  /// Runs steps [first, last). One thread at a time. Stops between steps when Abort() was called.
  RunResult Run(size_t first, size_t last);
  /// May be called from any thread; ends the run under way, if any.
  void Abort() { aborted_.store(true, std::memory_order_relaxed); }
  /// Why the last run was refused, and by which step.
  const Refusal& refusal() const { return refusal_; }
  size_t refused_step() const { return refused_step_; }
  void ClearAbort() { aborted_.store(false, std::memory_order_relaxed); }

  size_t step_count() const { return steps_.size(); }
  /// Arena tensor by id, or null for a constant or an id that does not exist.
  const TensorView* arena_tensor(size_t id) const {
    return id < tensors_.size() && !tensors_[id].is_constant() ? &tensors_[id] : nullptr;
  }
  size_t arena_bytes() const { return arena_.size(); }
  size_t scratch_bytes() const { return scratch_.size(); }
  Session& session() { return *session_; }

  /// Nanoseconds spent in each step since profiling was switched on. From any thread, also while a run is
  /// under way.
  void SetProfiling(bool on);
  bool profiling() const { return profiling_.load(std::memory_order_relaxed); }
  const std::vector<std::atomic<uint64_t>>& profile() const { return profile_; }

 private:
  void RunStep(size_t i, const RunContext& context, StepCosts::Clock::time_point begin);

  std::shared_ptr<Session> session_;
  AlignedBuffer arena_;
  AlignedBuffer scratch_;
  std::vector<TensorView> tensors_;
  std::vector<std::unique_ptr<Step>> steps_;
  std::vector<std::atomic<uint64_t>> profile_;
  StepCosts costs_;
  std::atomic<bool> profiling_{false};
  Refusal refusal_;
  size_t refused_step_ = 0;
  std::atomic<bool> aborted_{false};
};

}  // namespace kompakt
