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
    if (view.is_constant()) {
      const AlignedBuffer* constant = session->constant(view.constant);
      if (constant == nullptr || constant->size() < view.bytes())
        return Status::Error("KPT_INTERNAL", "the program names a constant that is absent or too short");
      view.data = constant->data();
    } else {
      view.data = plan->arena_.data() + tensor.offset;
    }
    plan->tensors_.push_back(view);
  }
  // Steps keep pointers into tensors_: it must not grow from here on.
  size_t scratch_bytes = 0;
  for (ProgramStep& source : program.steps) {
    std::unique_ptr<Step> step;
    KPT_RETURN_IF_ERROR(MakeProgramStep(*session, plan->tensors_, source, &scratch_bytes, &step));
    plan->steps_.push_back(std::move(step));
  }
  plan->scratch_ = AlignedBuffer(scratch_bytes);
  if (plan->scratch_.data() == nullptr) return ShortOfMemory(scratch_bytes);
  plan->session_ = std::move(session);
  *out = std::move(plan);
  return Status::Ok();
}

RunResult Plan::Run(size_t first, size_t last) {
  last = std::min(last, steps_.size());
  const std::lock_guard<std::mutex> lock(session_->run_mutex());
  const RunContext context{&session_->pool(), scratch_.data()};
  RunResult result = RunResult::kDone;
  session_->pool().BeginInference();
  for (size_t i = first; i < last; ++i) {
    if (aborted_.load(std::memory_order_relaxed)) {
      result = RunResult::kAborted;
      break;
    }
    if (profiling_) {
      const auto start = std::chrono::steady_clock::now();
      steps_[i]->Run(context);
      const auto time = std::chrono::steady_clock::now() - start;
      profile_[i] += std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
    } else {
      steps_[i]->Run(context);
    }
  }
  session_->pool().EndInference();
  return result;
}

void Plan::SetProfiling(bool on) {
  profiling_ = on;
  profile_.assign(steps_.size(), 0);
}

}  // namespace kompakt
