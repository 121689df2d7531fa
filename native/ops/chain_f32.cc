// chain_f32: steps in a row of which each alone reads what the one before it makes, done line by line. Of a
// tensor between two of them only the lines of the next window exist, in a ring in scratch that stays in the
// cache, where the whole would have to go to memory and back.
//
//   x  ===>  ring of 3 lines  ===>  ring of 1 line  ===>  y      (3x3, then 1x1, then any)
//
// Threads take bands of y; each makes the lines at the edges of its band for itself. SPDX-License-Identifier:
// Apache-2.0
#include <algorithm>
#include <array>

#include "native/ops/checks.h"
#include "native/ops/line_stage.h"

namespace kompakt {
namespace {

constexpr size_t kMostStages = 32;

/// A stage and where its output lines go.
struct Link {
  std::unique_ptr<LineStage> stage;
  int64_t in_height, out_height;
  /// Of the lines between it and the next stage: how many are kept, how far apart they are in floats, and
  /// where in a thread's scratch the first is.
  int64_t lines = 0, pitch = 0;
  size_t at = 0;
};

class ChainF32 : public Step {
 public:
  Status Prepare(const StepSpec& spec);

  void Run(const RunContext& context) override {
    const int64_t lines = batch_ * links_.back().out_height;
    // One band a thread: more would make more lines twice.
    const int64_t band = (lines + context.pool->threads() - 1) / context.pool->threads();
    context.pool->ParallelFor(lines, band, [&](int64_t begin, int64_t end, int thread) {
      uint8_t* scratch = context.scratch + static_cast<size_t>(thread) * thread_bytes_;
      const int64_t height = links_.back().out_height;
      for (int64_t i = begin; i < end;) {
        const int64_t stop = std::min(end, (i / height + 1) * height);
        RunImage(i / height, i % height, i % height + stop - i, scratch);
        i = stop;
      }
    });
  }

 private:
  /// The lines that exist of one image while a thread walks down it.
  struct Walk {
    int64_t image;
    uint8_t* scratch;
    /// The next line of every stage; -1 before the first.
    std::array<int64_t, kMostStages> next;
  };

  void RunImage(int64_t image, int64_t begin, int64_t end, uint8_t* scratch) const {
    Walk walk{image, scratch, {}};
    walk.next.fill(-1);
    const size_t last = links_.size() - 1;
    for (int64_t line = begin; line < end; ++line)
      MakeLine(&walk, last, line, y_ + (image * links_[last].out_height + line) * y_line_);
  }

  float* LineOf(const Walk& walk, size_t s, int64_t line) const {
    const Link& link = links_[s];
    return reinterpret_cast<float*>(walk.scratch + link.at) + line % link.lines * link.pitch;
  }

  /// Makes the lines of stage `s` up to `line`. Lines are asked for from top to bottom.
  void MakeUpTo(Walk* walk, size_t s, int64_t line) const {
    int64_t& next = walk->next[s];
    if (next < 0) next = line;
    for (; next <= line; ++next) MakeLine(walk, s, next, LineOf(*walk, s, next));
  }

  void MakeLine(Walk* walk, size_t s, int64_t line, float* y) const {
    const Link& link = links_[s];
    const LineStage::Window& window = link.stage->window();
    const int64_t top = line * window.stride - window.pad;
    const auto inside = [&](int64_t i) { return i >= 0 && i < link.in_height; };
    if (s > 0)
      for (int64_t k = 0; k < window.kernel; ++k)
        if (inside(top + k * window.dilation)) MakeUpTo(walk, s - 1, top + k * window.dilation);
    const float** lines = reinterpret_cast<const float**>(walk->scratch);
    for (int64_t k = 0; k < window.kernel; ++k) {
      const int64_t i = top + k * window.dilation;
      lines[k] = !inside(i) ? nullptr
                 : s > 0    ? LineOf(*walk, s - 1, i)
                            : x_ + walk->image * x_image_ + i * x_line_;
    }
    link.stage->Run(lines, walk->image * link.out_height + line, y, walk->scratch + stage_at_);
  }

  std::vector<Link> links_;
  int64_t batch_ = 0;
  const float* x_ = nullptr;
  int64_t x_image_ = 0, x_line_ = 0, y_line_ = 0;
  float* y_ = nullptr;
  size_t stage_at_ = 0, thread_bytes_ = 0;
};

/// Stage `i` of the chain as a step: its parameters are those that begin with "i.".
StepSpec SpecOf(const StepSpec& chain, size_t i, const std::string& kind) {
  StepSpec spec;
  spec.kind = kind;
  spec.packs = chain.packs;
  spec.threads = chain.threads;
  const std::string prefix = std::to_string(i) + ".";
  for (const Params::Entry& entry : chain.params.entries) {
    if (entry.name.compare(0, prefix.size(), prefix) != 0) continue;
    spec.params.entries.push_back(entry);
    spec.params.entries.back().name = entry.name.substr(prefix.size());
  }
  return spec;
}

/// The dims of a tensor between two stages, which has no data.
Status ReadMiddle(const StepSpec& stage, TensorView* out) {
  std::vector<int64_t> dims;
  KPT_RETURN_IF_ERROR(ReadInts(stage, "dims", 4, 1, &dims));
  double bytes = sizeof(float);
  for (int64_t dim : dims) bytes *= static_cast<double>(dim);
  constexpr double kMaxBytes = 1e12;
  if (bytes > kMaxBytes) return TooLarge(stage, "a tensor inside the chain is too large");
  *out = TensorView{};
  out->rank = 4;
  std::copy(dims.begin(), dims.end(), out->dims.begin());
  return Status::Ok();
}

Status ChainF32::Prepare(const StepSpec& spec) {
  std::vector<int64_t> counts;
  KPT_RETURN_IF_ERROR(spec.params.Ints("inputs", &counts));
  if (counts.empty() || counts.size() > kMostStages) return spec.Fail("there are too few or too many stages");
  const TensorView *x = spec.in(0), &y = spec.out();
  if (x == nullptr || x->rank != 4 || y.rank != 4 || x->dtype != DType::kF32 || y.dtype != DType::kF32)
    return spec.Fail("x and y must be f32 with four dims");
  TensorView views[2];
  const TensorView* input = x;
  size_t at = 1, stage_bytes = 0, ring_bytes = 0;
  int64_t most_lines = 1;
  for (size_t i = 0; i < counts.size(); ++i) {
    std::string kind;
    KPT_RETURN_IF_ERROR(spec.params.Text((std::to_string(i) + ".kind").c_str(), &kind));
    StepSpec stage = SpecOf(spec, i, kind);
    TensorView& output = views[i % 2];
    if (i + 1 < counts.size())
      KPT_RETURN_IF_ERROR(ReadMiddle(stage, &output));
    else
      output = y;
    if (counts[i] < 0 || at + static_cast<size_t>(counts[i]) > spec.inputs.size())
      return spec.Fail("a stage has more inputs than there are");
    stage.inputs = {input};
    for (; counts[i] > 0; --counts[i]) stage.inputs.push_back(spec.inputs[at++]);
    stage.outputs = {&output};
    Link link;
    KPT_RETURN_IF_ERROR(MakeLineStage(stage, &link.stage));
    const bool first_channels = i == 0 && kind == "copy";
    link.in_height = input->dims[first_channels ? 2 : 1];
    link.out_height = output.dims[1];
    if (i == 0) {
      x_image_ = x->dims[1] * x->dims[2] * x->dims[3];
      x_line_ = first_channels ? x->dims[3] : x->dims[2] * x->dims[3];
    } else {
      if (kind == "copy") return stage.Fail("only the first stage may change the layout");
      Link& before = links_.back();
      const LineStage::Window& window = link.stage->window();
      before.lines = std::min((window.kernel - 1) * window.dilation + 1, link.in_height);
      // An odd number of cache lines: lines one above the other do not compete for the same place in the
      // cache.
      const int64_t floats = kAlignment / sizeof(float);
      before.pitch = ((input->dims[2] * input->dims[3] + floats - 1) / floats | 1) * floats;
      before.at = ring_bytes;
      ring_bytes += AlignUp(static_cast<size_t>(before.lines * before.pitch) * sizeof(float) + kReadPadding);
    }
    most_lines = std::max(most_lines, link.stage->window().kernel);
    stage_bytes = std::max(stage_bytes, link.stage->scratch_bytes());
    links_.push_back(std::move(link));
    input = &output;
  }
  if (at != spec.inputs.size()) return spec.Fail("no stage takes the last inputs");
  batch_ = x->dims[0];
  x_ = x->as<float>();
  y_ = y.as<float>();
  y_line_ = y.dims[2] * y.dims[3];
  // A thread's scratch: pointers to the lines of a window, what a stage needs, and the rings.
  stage_at_ = AlignUp(static_cast<size_t>(most_lines) * sizeof(float*));
  const size_t rings_at = stage_at_ + AlignUp(stage_bytes);
  for (Link& link : links_) link.at += rings_at;
  thread_bytes_ = rings_at + ring_bytes;
  spec.scratch_bytes = thread_bytes_ * static_cast<size_t>(spec.threads);
  return Status::Ok();
}

}  // namespace

Status MakeChainF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  if (spec.outputs.size() != 1) return spec.Fail("expected one output");
  auto step = std::make_unique<ChainF32>();
  KPT_RETURN_IF_ERROR(step->Prepare(spec));
  *out = std::move(step);
  return Status::Ok();
}

}  // namespace kompakt
