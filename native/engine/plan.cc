// SPDX-License-Identifier: Apache-2.0
#include "native/engine/plan.h"

#include <algorithm>
#include <chrono>

#include "native/engine/program.h"

namespace kompakt {
namespace {

Status ShortOfMemory(size_t bytes) {
  return Status::Error("KPT_TOO_LARGE", "out of memory: " + std::to_string(bytes) + " bytes were needed");
}

/// A step whose outputs have no elements: makers and kernels never see one.
class EmptyStep : public Step {
 public:
  void Run(const RunContext&) override {}
};

bool WritesNothing(const StepSpec& spec) {
  return !spec.outputs.empty() && std::all_of(spec.outputs.begin(), spec.outputs.end(),
                                              [](const TensorView* y) { return y->size() == 0; });
}

/// Whether some output shares a part of an input's memory. Sharing all of it is working in place.
bool OverlapsInput(const StepSpec& spec) {
  for (const TensorView* x : spec.inputs)
    for (const TensorView* y : spec.outputs) {
      if (x == nullptr || (x->data == y->data && x->bytes() == y->bytes())) continue;
      if (x->data < y->data + y->bytes() && y->data < x->data + x->bytes()) return true;
    }
  return false;
}

Status MakeProgramStep(Session& session, const std::vector<TensorView>& tensors, ProgramStep& source,
                       size_t* scratch_bytes, std::unique_ptr<Step>* out) {
  const MakeStep make = FindStep(source.kind);
  if (make == nullptr) return Status::Error("KPT_INTERNAL", "unknown step kind '" + source.kind + "'");
  StepSpec spec;
  spec.kind = source.kind;
  for (int32_t id : source.inputs) spec.inputs.push_back(id < 0 ? nullptr : &tensors[id]);
  for (int32_t id : source.outputs) spec.outputs.push_back(&tensors[id]);
  spec.params = std::move(source.params);
  spec.packs = &session;
  spec.threads = session.pool().threads();
  if (WritesNothing(spec)) {
    *out = std::make_unique<EmptyStep>();
    return Status::Ok();
  }
  if (OverlapsInput(spec)) return spec.Fail("an output overlaps an input");
  KPT_RETURN_IF_ERROR(make(spec, out));
  *scratch_bytes = std::max(*scratch_bytes, spec.scratch_bytes);
  return Status::Ok();
}

/// What constants without elements are.
alignas(kAlignment) uint8_t nothing[kReadPadding];

/// Brings constants to memory for the step that is being made, and lets go of those that steps read only
/// packed.
class ConstantUse {
 public:
  ConstantUse(Session& session, const Program& program, std::vector<TensorView>* tensors)
      : session_(session), tensors_(*tensors), uses_(session.constant_count()) {
    for (const ProgramStep& step : program.steps)
      for (int32_t id : step.inputs)
        if (IsConstant(id)) ++uses_[Constant(id)];
  }

  Status Begin(const ProgramStep& step) {
    session_.BeginStep();
    for (int32_t id : step.inputs) {
      if (!IsConstant(id)) continue;
      TensorView& view = tensors_[static_cast<size_t>(id)];
      view.data = session_.Load(view.constant);
      if (view.data == nullptr && view.bytes() == 0) view.data = nothing;
      if (view.data == nullptr) return ShortOfMemory(view.bytes());
    }
    return Status::Ok();
  }

  Status End(const ProgramStep& step) {
    for (int32_t id : step.inputs) {
      if (!IsConstant(id)) continue;
      const int constant = tensors_[static_cast<size_t>(id)].constant;
      // A constant that the step has twice may be packed as one input and read as the other.
      const auto same = [&](int32_t other) {
        return IsConstant(other) && tensors_[static_cast<size_t>(other)].constant == constant;
      };
      const bool once = std::count_if(step.inputs.begin(), step.inputs.end(), same) == 1;
      if (!once || !session_.PackedNow(constant)) {
        if (session_.Absent(constant))
          return Status::Error("KPT_INTERNAL", "a step reads a constant that was let go");
        session_.Pin(constant);
      }
      if (--uses_[Constant(id)] == 0) session_.Unload(constant);
    }
    return Status::Ok();
  }

 private:
  bool IsConstant(int32_t id) const { return id >= 0 && tensors_[static_cast<size_t>(id)].is_constant(); }
  size_t Constant(int32_t id) const {
    return static_cast<size_t>(tensors_[static_cast<size_t>(id)].constant);
  }

  Session& session_;
  std::vector<TensorView>& tensors_;
  std::vector<int> uses_;
};

}  // namespace

Status Plan::Create(std::shared_ptr<Session> session, const uint8_t* bytes, size_t size,
                    std::unique_ptr<Plan>* out) {
  Program program;
  KPT_RETURN_IF_ERROR(DecodeProgram(bytes, size, &program));
  auto plan = std::unique_ptr<Plan>(new Plan);
  plan->arena_ = AlignedBuffer(program.arena_bytes);
  if (plan->arena_.data() == nullptr) return ShortOfMemory(program.arena_bytes);
  for (const ProgramTensor& tensor : program.tensors) {
    TensorView view = tensor.view;
    if (!view.is_constant()) {
      view.data = plan->arena_.data() + tensor.offset;
    } else if (static_cast<size_t>(view.constant) >= session->constant_count() ||
               session->constant_size(view.constant) < view.bytes()) {
      return Status::Error("KPT_INTERNAL", "the program names a constant that is absent or too short");
    }
    plan->tensors_.push_back(view);
  }
  ConstantUse constants(*session, program, &plan->tensors_);
  // Steps keep pointers into tensors_: it must not grow from here on.
  size_t scratch_bytes = 0;
  for (ProgramStep& source : program.steps) {
    std::unique_ptr<Step> step;
    KPT_RETURN_IF_ERROR(constants.Begin(source));
    KPT_RETURN_IF_ERROR(MakeProgramStep(*session, plan->tensors_, source, &scratch_bytes, &step));
    KPT_RETURN_IF_ERROR(constants.End(source));
    plan->steps_.push_back(std::move(step));
  }
  plan->scratch_ = AlignedBuffer(scratch_bytes);
  if (plan->scratch_.data() == nullptr) return ShortOfMemory(scratch_bytes);
  plan->session_ = std::move(session);
  plan->costs_ = StepCosts(plan->steps_.size());
  plan->profile_ = std::vector<std::atomic<uint64_t>>(plan->steps_.size());
  *out = std::move(plan);
  return Status::Ok();
}

RunResult Plan::Run(size_t first, size_t last) {
  last = std::min(last, steps_.size());
  const std::lock_guard<std::mutex> lock(session_->run_mutex());
  ThreadPool& pool = session_->pool();
  refusal_.Clear();
  RunContext context{&pool, scratch_.data(), &refusal_};
  bool shared = pool.threads() > 1 && costs_.AnyShared(first, last);
  const bool timed = profiling() || (shared && costs_.learning());
  const bool whole = shared && !timed && first == 0 && last == steps_.size();
  if (whole) shared = costs_.SharesRun();
  const bool trial = whole && costs_.trying();
  const auto begin = timed || trial ? StepCosts::Clock::now() : StepCosts::Clock::time_point();
  RunResult result = RunResult::kDone;
  if (shared) pool.BeginInference();
  for (size_t i = first; i < last; ++i) {
    if (aborted_.load(std::memory_order_relaxed)) {
      result = RunResult::kAborted;
      break;
    }
    context.backwards = i % 2 == 1;
    if (timed) {
      RunStep(i, context, begin);
    } else {
      pool.SetAlone(!shared || costs_.Alone(i));
      steps_[i]->Run(context);
    }
    if (refusal_.any()) {
      refused_step_ = i;
      result = RunResult::kRefused;
      break;
    }
  }
  if (shared) pool.EndInference();
  if (trial && result == RunResult::kDone) costs_.EndTrialRun(StepCosts::Clock::now() - begin);
  if (timed && result == RunResult::kDone && last == steps_.size()) costs_.EndRun();
  return result;
}

/// Runs a step and notes its time, for the profile and to learn what is worth sharing.
void Plan::RunStep(size_t i, const RunContext& context, StepCosts::Clock::time_point begin) {
  const auto start = StepCosts::Clock::now();
  const bool alone = costs_.Alone(i, start - begin);
  context.pool->SetAlone(alone);
  steps_[i]->Run(context);
  const auto time = StepCosts::Clock::now() - start;
  if (alone) costs_.Learn(i, time);
  if (profiling())
    profile_[i].fetch_add(
        static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(time).count()),
        std::memory_order_relaxed);
}

void Plan::SetProfiling(bool on) {
  for (std::atomic<uint64_t>& time : profile_) time.store(0, std::memory_order_relaxed);
  profiling_.store(on, std::memory_order_relaxed);
}

}  // namespace kompakt
