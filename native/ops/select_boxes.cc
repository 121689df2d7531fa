// Step select_boxes: non-maximum suppression: of boxes with scores [batch, class, box] those of each class
// that share little with any better one. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "native/ops/checks.h"
#include "native/ops/ranked.h"

namespace kompakt {
namespace {

using Candidate = Entry<int32_t>;

// NaN wins.
double Least(double a, double b) { return a < b || a != a ? a : b; }
double Most(double a, double b) { return a > b || a != a ? a : b; }

/// Edges along y and x; in double precision, as those about a centre are sums.
struct Box {
  double top, left, bottom, right;

  bool IsFinite() const { return (top + left + bottom + right) * 0 == 0; }
  double Area() const { return Most(bottom - top, 0) * Most(right - left, 0); }
};

Box BoxBetween(const float* p) {
  return {Least(p[0], p[2]), Least(p[1], p[3]), Most(p[0], p[2]), Most(p[1], p[3])};
}

Box BoxAround(const float* p) {
  const double x = p[0], y = p[1], width = p[2], height = p[3];
  return {y - height / 2, x - width / 2, y + height / 2, x + width / 2};
}

/// Length of what two intervals share.
double Shared(double low, double high, double other_low, double other_high) {
  if (high <= other_low || other_high <= low) return 0;
  return Most(Least(high, other_high) - Most(low, other_low), 0);
}

/// The same of finite edges, in terms of which compilers make vectors.
double Length(double low, double high, double other_low, double other_high) {
  const double begin = low > other_low ? low : other_low, end = high < other_high ? high : other_high;
  const double length = end - begin;
  return length > 0 ? length : 0;
}

/// The boxes of a class that are kept, edge by edge. There is room for whole blocks, filled up with empty
/// boxes.
class Kept {
 public:
  static int64_t Bytes(int64_t most) { return 5 * RoomFor(most) * static_cast<int64_t>(sizeof(double)); }

  Kept(uint8_t* memory, int64_t most, double overlap)
      : top_(reinterpret_cast<double*>(memory)),
        left_(top_ + RoomFor(most)),
        bottom_(left_ + RoomFor(most)),
        right_(bottom_ + RoomFor(most)),
        area_(right_ + RoomFor(most)),
        overlap_(overlap) {}

  int64_t count() const { return count_; }

  void Add(const Box& box) {
    if (count_ % kBlock == 0)
      for (double* values : {top_, left_, bottom_, right_, area_})
        std::fill(values + count_, values + count_ + kBlock, 0.0);
    top_[count_] = box.top;
    left_[count_] = box.left;
    bottom_[count_] = box.bottom;
    right_[count_] = box.right;
    area_[count_++] = box.Area();
    finite_ = finite_ && box.IsFinite();
  }

  /// Whether a box shares no more than that part of the union with any of these.
  bool Allow(const Box& box) const {
    return finite_ && box.IsFinite() && overlap_ >= 0 ? AllowFinite(box) : AllowAny(box);
  }

 private:
  static constexpr int64_t kBlock = 8;

  static int64_t RoomFor(int64_t most) { return (most + kBlock - 1) / kBlock * kBlock; }

  bool AllowAny(const Box& box) const {
    const double area = box.Area();
    for (int64_t i = 0; i < count_; ++i) {
      const double height = Shared(box.top, box.bottom, top_[i], bottom_[i]);
      const double shared = height == 0 ? 0 : height * Shared(box.left, box.right, left_[i], right_[i]);
      const double all = area + area_[i] - shared;
      const double ratio = shared == 0 || all <= 0 ? 0 : shared / all;
      if (!(ratio <= overlap_)) return false;
    }
    return true;
  }

  /// The same numbers without branches, which random boxes would mispredict, so that compilers make vectors
  /// of it. What is shared is no more than either area: only 0 is ever divided by 0.
  bool AllowFinite(const Box& box) const {
    const double area = box.Area();
    for (int64_t begin = 0; begin < count_; begin += kBlock) {
      double ratios[kBlock];
      for (int64_t j = 0; j < kBlock; ++j) {
        const int64_t i = begin + j;
        const double height = Length(box.top, box.bottom, top_[i], bottom_[i]);
        const double shared = height * Length(box.left, box.right, left_[i], right_[i]);
        ratios[j] = shared / (area + area_[i] - shared);
      }
      bool any = false;
      for (double ratio : ratios) any |= ratio > overlap_;
      if (any) return false;
    }
    return true;
  }

  double *top_, *left_, *bottom_, *right_, *area_;
  double overlap_;
  int64_t count_ = 0;
  bool finite_ = true;
};

class SelectBoxesStep : public Step {
 public:
  SelectBoxesStep(const StepSpec& spec, bool centers)
      : boxes_(spec.in(0)->as<float>()),
        scores_(spec.in(1)->as<float>()),
        limit_(spec.in(2) == nullptr ? nullptr : spec.in(2)->as<int64_t>()),
        overlap_(spec.in(3) == nullptr ? nullptr : spec.in(3)->as<float>()),
        least_(spec.in(4) == nullptr ? nullptr : spec.in(4)->as<float>()),
        y_(spec.out().as<int32_t>()),
        rows_(spec.in(1)->dims[0] * spec.in(1)->dims[1]),
        classes_(spec.in(1)->dims[1]),
        count_(spec.in(1)->dims[2]),
        most_(spec.out().dims[2]),
        centers_(centers),
        candidate_bytes_(AlignUp(static_cast<size_t>(count_) * sizeof(Candidate))),
        thread_bytes_(candidate_bytes_ + AlignUp(static_cast<size_t>(Kept::Bytes(most_)))) {
    spec.scratch_bytes = thread_bytes_ * static_cast<size_t>(spec.threads);
  }

  void Run(const RunContext& context) override {
    context.pool->ParallelFor(rows_, GrainOf(count_), [&](int64_t begin, int64_t end, int thread) {
      uint8_t* scratch = context.scratch + thread_bytes_ * static_cast<size_t>(thread);
      for (int64_t row = begin; row < end; ++row) {
        int32_t* y = y_ + row * most_;
        const int64_t chosen = Select(row, scratch, y);
        std::fill(y + chosen, y + most_, -1);
      }
    });
  }

 private:
  /// Writes the boxes of one batch and class, and returns how many there are.
  int64_t Select(int64_t row, uint8_t* scratch, int32_t* y) const {
    const int64_t limit = limit_ == nullptr ? 0 : std::clamp(*limit_, int64_t{0}, most_);
    Candidate* candidates = reinterpret_cast<Candidate*>(scratch);
    const int64_t count = limit == 0 ? 0 : Find(scores_ + row * count_, candidates);
    Kept kept(scratch + candidate_bytes_, most_, overlap_ == nullptr ? 0 : *overlap_);
    const float* boxes = boxes_ + row / classes_ * count_ * 4;
    for (int64_t i = 0, sorted = 0; i < count && kept.count() < limit; ++i) {
      if (i == sorted) sorted = Sort(candidates, sorted, count, limit);
      const int32_t index = candidates[i].index;
      const float* place = boxes + int64_t{index} * 4;
      const Box box = centers_ ? BoxAround(place) : BoxBetween(place);
      if (!kept.Allow(box)) continue;
      y[kept.count()] = index;
      kept.Add(box);
    }
    return kept.count();
  }

  /// Those with scores above the least.
  int64_t Find(const float* scores, Candidate* candidates) const {
    constexpr int64_t kBlock = 32;
    const float least = least_ == nullptr ? -std::numeric_limits<float>::infinity() : *least_;
    int64_t found = 0;
    for (int64_t i = 0; i < count_; i += kBlock) {
      const int64_t end = std::min(i + kBlock, count_);
      int any = 0;
      if (end - i == kBlock)
        for (int64_t j = i; j < i + kBlock; ++j) any |= scores[j] > least;
      if (end - i == kBlock && any == 0) continue;
      // Without a branch on the score, which would be mispredicted.
      for (int64_t j = i; j < end; ++j) {
        candidates[found].index = static_cast<int32_t>(j);
        found += scores[j] > least;
      }
    }
    for (int64_t i = 0; i < found; ++i) candidates[i].key = KeyOf<true>(scores[candidates[i].index]);
    return found;
  }

  /// Brings the best of [begin, end) to its front, about as many as are asked for, and returns where they
  /// end.
  static int64_t Sort(Candidate* candidates, int64_t begin, int64_t end, int64_t limit) {
    const auto is_before = [](const Candidate& a, const Candidate& b) { return a.IsBefore(b); };
    const int64_t wanted = std::min(end, begin + std::max(limit + limit / 4, begin + 16));
    if (wanted < end) std::nth_element(candidates + begin, candidates + wanted, candidates + end, is_before);
    std::sort(candidates + begin, candidates + wanted, is_before);
    return wanted;
  }

  const float *boxes_, *scores_;
  const int64_t* limit_;
  const float *overlap_, *least_;
  int32_t* y_;
  int64_t rows_, classes_, count_, most_;
  bool centers_;
  size_t candidate_bytes_, thread_bytes_;
};

}  // namespace

Status MakeSelectBoxes(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 5, 1));
  for (size_t i : {0, 1, 3, 4})
    if (spec.in(i) != nullptr) KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(i), DType::kF32));
  if (spec.in(2) != nullptr) KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(2), DType::kS64));
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(), DType::kS32));
  for (size_t i : {2, 3, 4})
    if (spec.in(i) != nullptr) KPT_RETURN_IF_ERROR(CheckSize(spec, *spec.in(i), 1));
  const TensorView &scores = *spec.in(1), &y = spec.out();
  if (scores.rank != 3 || y.rank != 3 || scores.dims[0] != y.dims[0] || scores.dims[1] != y.dims[1])
    return spec.Fail("expected scores [N,C,B] and y [N,C,most]");
  KPT_RETURN_IF_ERROR(CheckSize(spec, *spec.in(0), {scores.dims[0], scores.dims[2], 4}));
  if (y.dims[2] > scores.dims[2]) return spec.Fail("y has room for more boxes than there are");
  if (scores.dims[2] > std::numeric_limits<int32_t>::max()) return TooLarge(spec, "too many boxes");
  int64_t centers = 0;
  KPT_RETURN_IF_ERROR(spec.params.Int("centers", &centers));
  *out = std::make_unique<SelectBoxesStep>(spec, centers != 0);
  return Status::Ok();
}

}  // namespace kompakt
