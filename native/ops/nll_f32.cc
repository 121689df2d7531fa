// Steps nll_f32 and nll_gradient_f32: the loss of logarithms of probabilities [outer, classes, inner] against
// labels [outer, inner]. A label that is `ignored` or no class counts nothing.
// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "native/ops/checks.h"

namespace kompakt {
namespace {

enum class Reduction { kNone, kSum, kMean };

/// What both steps read.
class Labels {
 public:
  /// Input `at` and the one behind it.
  Status Read(const StepSpec& spec, size_t at) {
    std::vector<int64_t> dims;
    KPT_RETURN_IF_ERROR(ReadInts(spec, "dims", 3, 0, &dims));
    outer_ = dims[0], classes_ = dims[1], inner_ = dims[2];
    KPT_RETURN_IF_ERROR(spec.params.Int("ignored", &ignored_));
    std::string reduction;
    KPT_RETURN_IF_ERROR(spec.params.Text("reduction", &reduction));
    if (reduction != "none" && reduction != "sum" && reduction != "mean")
      return spec.Fail("unknown reduction '" + reduction + "'");
    reduction_ = reduction == "none"  ? Reduction::kNone
                 : reduction == "sum" ? Reduction::kSum
                                      : Reduction::kMean;
    labels_ = *spec.in(at);
    if (labels_.dtype != DType::kS32) KPT_RETURN_IF_ERROR(CheckDType(spec, labels_, DType::kS64));
    KPT_RETURN_IF_ERROR(CheckSize(spec, labels_, {outer_, inner_}));
    if (spec.in(at + 1) == nullptr) return Status::Ok();
    KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(at + 1), DType::kF32));
    KPT_RETURN_IF_ERROR(CheckSize(spec, *spec.in(at + 1), classes_));
    weights_ = spec.in(at + 1)->as<float>();
    return Status::Ok();
  }

  int64_t count() const { return outer_ * inner_; }
  Reduction reduction() const { return reduction_; }
  Status CheckScores(const StepSpec& spec, const TensorView& scores) const {
    KPT_RETURN_IF_ERROR(CheckDType(spec, scores, DType::kF32));
    return CheckSize(spec, scores, {outer_, classes_, inner_});
  }
  Status CheckLoss(const StepSpec& spec, const TensorView& loss) const {
    KPT_RETURN_IF_ERROR(CheckDType(spec, loss, DType::kF32));
    return CheckSize(spec, loss, reduction_ == Reduction::kNone ? count() : 1);
  }

  /// Offset of the label's score and its weight; false when item i counts nothing.
  bool At(int64_t i, int64_t* offset, float* weight) const {
    const int64_t label =
        labels_.dtype == DType::kS32 ? int64_t{labels_.as<int32_t>()[i]} : labels_.as<int64_t>()[i];
    if (label == ignored_ || label < 0 || label >= classes_) return false;
    *offset = (i / inner_ * classes_ + label) * inner_ + i % inner_;
    *weight = weights_ == nullptr ? 1.0f : weights_[label];
    return true;
  }

  float TotalWeight() const {
    float total = 0.0f;
    int64_t offset;
    float weight;
    for (int64_t i = 0; i < count(); ++i)
      if (At(i, &offset, &weight)) total += weight;
    return total;
  }

 private:
  int64_t outer_ = 0, classes_ = 0, inner_ = 0, ignored_ = -1;
  Reduction reduction_ = Reduction::kMean;
  TensorView labels_;
  const float* weights_ = nullptr;
};

class NllF32 : public Step {
 public:
  NllF32(const Labels& labels, const StepSpec& spec)
      : labels_(labels), logs_(spec.in(0)->as<float>()), loss_(spec.out().as<float>()) {}

  void Run(const RunContext&) override {
    float sum = 0.0f;
    for (int64_t i = 0; i < labels_.count(); ++i) {
      int64_t offset;
      float weight;
      const float loss = labels_.At(i, &offset, &weight) ? -logs_[offset] * weight : 0.0f;
      if (labels_.reduction() == Reduction::kNone) loss_[i] = loss;
      sum += loss;
    }
    if (labels_.reduction() == Reduction::kSum) loss_[0] = sum;
    if (labels_.reduction() == Reduction::kMean) loss_[0] = sum / labels_.TotalWeight();
  }

 private:
  Labels labels_;
  const float* logs_;
  float* loss_;
};

class NllGradientF32 : public Step {
 public:
  NllGradientF32(const Labels& labels, const StepSpec& spec)
      : labels_(labels),
        dl_(spec.in(0)->as<float>()),
        dx_(spec.out().as<float>()),
        bytes_(spec.out().bytes()) {}

  void Run(const RunContext&) override {
    std::memset(dx_, 0, bytes_);
    const float total = labels_.reduction() == Reduction::kMean ? labels_.TotalWeight() : 1.0f;
    for (int64_t i = 0; i < labels_.count(); ++i) {
      int64_t offset;
      float weight;
      if (!labels_.At(i, &offset, &weight)) continue;
      dx_[offset] = -weight / total * dl_[labels_.reduction() == Reduction::kNone ? i : 0];
    }
  }

 private:
  Labels labels_;
  const float* dl_;
  float* dx_;
  size_t bytes_;
};

}  // namespace

Status MakeNllF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 3, 1));
  Labels labels;
  KPT_RETURN_IF_ERROR(labels.Read(spec, 1));
  KPT_RETURN_IF_ERROR(labels.CheckScores(spec, *spec.in(0)));
  KPT_RETURN_IF_ERROR(labels.CheckLoss(spec, spec.out()));
  *out = std::make_unique<NllF32>(labels, spec);
  return Status::Ok();
}

Status MakeNllGradientF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 3, 1));
  Labels labels;
  KPT_RETURN_IF_ERROR(labels.Read(spec, 1));
  KPT_RETURN_IF_ERROR(labels.CheckLoss(spec, *spec.in(0)));
  KPT_RETURN_IF_ERROR(labels.CheckScores(spec, spec.out()));
  *out = std::make_unique<NllGradientF32>(labels, spec);
  return Status::Ok();
}

}  // namespace kompakt
