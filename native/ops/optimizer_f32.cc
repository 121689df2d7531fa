// Steps optimizer_f32 and gradient_scale_f32: updates of parameters, in place where outputs share the memory
// of inputs. SPDX-License-Identifier: Apache-2.0
#include "native/kernels/optimizer_f32/optimizer_f32.h"

#include <algorithm>
#include <cmath>

#include "native/kernels/reduce_f32/reduce_f32.h"
#include "native/ops/checks.h"

namespace kompakt {
namespace {

struct RuleInfo {
  const char* name;
  UpdateRule rule;
  size_t slots;
  int64_t hypers;
};
constexpr RuleInfo kRules[] = {
    {"plain", UpdateRule::kPlain, 0, 1},       {"momentum", UpdateRule::kMomentum, 1, 1},
    {"nesterov", UpdateRule::kNesterov, 1, 1}, {"adam", UpdateRule::kAdam, 2, 3},
    {"rmsprop", UpdateRule::kRmsprop, 2, 1},   {"bop", UpdateRule::kBop, 1, 1},
};
constexpr size_t kFirstSlot = 4;

class OptimizerF32 : public Step {
 public:
  Status Prepare(const StepSpec& spec) {
    std::string name;
    KPT_RETURN_IF_ERROR(spec.params.Text("rule", &name));
    const RuleInfo* info = std::find_if(std::begin(kRules), std::end(kRules),
                                        [&](const RuleInfo& rule) { return name == rule.name; });
    if (info == std::end(kRules)) return spec.Fail("unknown rule '" + name + "'");
    update_.rule = info->rule;
    KPT_RETURN_IF_ERROR(spec.CheckArity(2, kFirstSlot + info->slots, 1 + info->slots));
    if (spec.inputs.size() != kFirstSlot + info->slots || spec.in(3) == nullptr)
      return spec.Fail("expected w, g, scale, hyper and the slots of '" + name + "'");
    KPT_RETURN_IF_ERROR(spec.params.Float("alpha", &update_.alpha));
    KPT_RETURN_IF_ERROR(spec.params.Float("beta", &update_.beta));
    KPT_RETURN_IF_ERROR(spec.params.Float("epsilon", &update_.epsilon));
    KPT_RETURN_IF_ERROR(spec.params.Float("decay", &update_.decay));
    KPT_RETURN_IF_ERROR(spec.params.Float("l1", &update_.l1));
    KPT_RETURN_IF_ERROR(spec.params.Float("l2", &update_.l2));
    KPT_RETURN_IF_ERROR(spec.params.Float("low", &update_.low));
    KPT_RETURN_IF_ERROR(spec.params.Float("high", &update_.high));
    count_ = spec.in(0)->size();
    KPT_RETURN_IF_ERROR(CheckFloats(spec, spec.in(1), count_));
    KPT_RETURN_IF_ERROR(CheckFloats(spec, spec.in(3), info->hypers));
    if (spec.in(2) != nullptr) KPT_RETURN_IF_ERROR(CheckFloats(spec, spec.in(2), 1));
    update_.w = spec.in(0)->as<float>();
    update_.g = spec.in(1)->as<float>();
    scale_ = spec.in(2) == nullptr ? nullptr : spec.in(2)->as<float>();
    hyper_ = spec.in(3)->as<float>();
    hypers_ = info->hypers;
    update_.new_w = spec.out(0).as<float>();
    KPT_RETURN_IF_ERROR(CheckFloats(spec, spec.in(0), count_));
    KPT_RETURN_IF_ERROR(CheckFloats(spec, &spec.out(0), count_));
    for (size_t k = 0; k < info->slots; ++k) {
      KPT_RETURN_IF_ERROR(CheckFloats(spec, spec.in(kFirstSlot + k), count_));
      KPT_RETURN_IF_ERROR(CheckFloats(spec, &spec.out(1 + k), count_));
      update_.slots[k] = spec.in(kFirstSlot + k)->as<float>();
      update_.new_slots[k] = spec.out(1 + k).as<float>();
    }
    return Status::Ok();
  }

  void Run(const RunContext& context) override {
    const OptimizerKernel& kernel = BestOptimizerKernel();
    OptimizerUpdate update = update_;
    update.scale = scale_ == nullptr ? 1.0f : *scale_;
    std::copy_n(hyper_, hypers_, update.hyper);
    context.pool->ParallelFor(count_, kElementGrain,
                              [&](int64_t begin, int64_t end, int) { kernel.update(update, begin, end); });
  }

 private:
  static Status CheckFloats(const StepSpec& spec, const TensorView* tensor, int64_t count) {
    if (tensor == nullptr) return spec.Fail("a tensor is absent");
    KPT_RETURN_IF_ERROR(CheckDType(spec, *tensor, DType::kF32));
    return CheckSize(spec, *tensor, count);
  }

  OptimizerUpdate update_{};
  const float* scale_ = nullptr;
  const float* hyper_ = nullptr;
  int64_t hypers_ = 0, count_ = 0;
};

/// Squares are summed in blocks of fixed size, each as reduce_f32 sums a row; blocks are added in order.
class GradientScaleF32 : public Step {
 public:
  GradientScaleF32(float limit, const StepSpec& spec) : limit_(limit), y_(spec.out().as<float>()) {
    for (const TensorView* x : spec.inputs)
      for (int64_t at = 0; at < x->size(); at += kBlock)
        blocks_.push_back({x->as<float>() + at, std::min(kBlock, x->size() - at)});
    spec.scratch_bytes = blocks_.size() * sizeof(float);
  }

  void Run(const RunContext& context) override {
    const ReduceKernel& kernel = BestReduceKernel();
    float* sums = reinterpret_cast<float*>(context.scratch);
    const int64_t count = static_cast<int64_t>(blocks_.size());
    context.pool->ParallelFor(count, kElementGrain / kBlock, [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) {
        const Block& block = blocks_[static_cast<size_t>(i)];
        kernel.row(ReduceKind::kSumSquare, block.x, block.count, sums + i);
      }
    });
    double sum = 0.0;
    for (int64_t i = 0; i < count; ++i) sum += static_cast<double>(sums[i]);
    *y_ = static_cast<float>(std::min(1.0, static_cast<double>(limit_) / (std::sqrt(sum) + 1e-6)));
  }

 private:
  static constexpr int64_t kBlock = 4096;
  struct Block {
    const float* x;
    int64_t count;
  };
  float limit_;
  float* y_;
  std::vector<Block> blocks_;
};

}  // namespace

Status MakeOptimizerF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  auto step = std::make_unique<OptimizerF32>();
  KPT_RETURN_IF_ERROR(step->Prepare(spec));
  *out = std::move(step);
  return Status::Ok();
}

Status MakeGradientScaleF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(spec.inputs.size(), spec.inputs.size(), 1));
  for (const TensorView* x : spec.inputs) KPT_RETURN_IF_ERROR(CheckDType(spec, *x, DType::kF32));
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(), DType::kF32));
  KPT_RETURN_IF_ERROR(CheckSize(spec, spec.out(), 1));
  float limit = 0;
  KPT_RETURN_IF_ERROR(spec.params.Float("limit", &limit));
  *out = std::make_unique<GradientScaleF32>(limit, spec);
  return Status::Ok();
}

}  // namespace kompakt
