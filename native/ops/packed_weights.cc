// PackedWeights: a weight minus its zero point needs up to 9 bits, and some kernels take no -128. Where 8
// bits hold all weights of a layer less one number, its lift, that is taken off, and rows make up for it by
// their sums: weights of uint8 with one zero point are like that. Else a weight is written as a sum of s8
// parts, and each part is one more round over the same taps: exact too, and rare. SPDX-License-Identifier:
// Apache-2.0
#include "native/ops/packed_weights.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "native/ops/checks.h"

namespace kompakt {
namespace {

/// Bytes of a panel that does not stay in the first cache level: the next one is fetched while it is
/// multiplied.
constexpr int64_t kLongPanel = 32 * 1024;

/// Weights whose sum without signs, each at most 383, is sure to fit 32 bits.
constexpr int64_t kMostCounted = 1 << 23;

/// Least, most, sum and distances from the zero point of the weights of one column. Lanes of bytes and 16-bit
/// sums, so that compilers make vector instructions of the loop: it reads every weight of a model.
class ColumnScan {
 public:
  explicit ColumnScan(int zero) : zero_(zero + 128) {}

  void Add(const int8_t* w, int64_t size) {
    count_ += size;
    while (size >= kLanes) {
      const int64_t blocks = std::min(size / kLanes, kBlocks);
      AddBlocks(w, blocks);
      w += blocks * kLanes;
      size -= blocks * kLanes;
    }
    for (int64_t k = 0; k < size; ++k) {
      const int v = w[k] + 128;
      least_ = std::min(least_, v);
      most_ = std::max(most_, v);
      sum_ += v;
      total_ += std::abs(v - zero_);
    }
  }

  int least() const { return least_ - 128; }
  int most() const { return most_ - 128; }
  int64_t sum() const { return sum_ - 128 * count_; }
  int64_t total() const { return total_; }

 private:
  static constexpr int kLanes = 16;
  static constexpr int64_t kBlocks = 65535 / 255;  // sums of so many bytes fit 16 bits

  void AddBlocks(const int8_t* w, int64_t blocks) {
    uint8_t least[kLanes], most[kLanes] = {}, z = static_cast<uint8_t>(zero_);
    uint16_t sums[kLanes] = {}, totals[kLanes] = {};
    std::memset(least, 255, sizeof least);
    for (int64_t b = 0; b < blocks; ++b, w += kLanes)
      for (int i = 0; i < kLanes; ++i) {
        const uint8_t v = static_cast<uint8_t>(w[i] + 128);
        least[i] = std::min(least[i], v);
        most[i] = std::max(most[i], v);
        sums[i] = static_cast<uint16_t>(sums[i] + v);
        totals[i] = static_cast<uint16_t>(totals[i] + static_cast<uint8_t>(std::max(v, z) - std::min(v, z)));
      }
    for (int i = 0; i < kLanes; ++i) {
      least_ = std::min<int>(least_, least[i]);
      most_ = std::max<int>(most_, most[i]);
      sum_ += sums[i];
      total_ += totals[i];
    }
  }

  // Bytes count from -128 on.
  int zero_, least_ = 255, most_ = 0;
  int64_t count_ = 0, sum_ = 0, total_ = 0;
};

/// The weights without zero points, [column][part][tap][k] of one group.
class GroupWeights {
 public:
  GroupWeights(const WeightSource& s, const int32_t* zeros, int64_t group)
      : source_(s), zeros_(zeros), group_(group) {}

  void Find(WeightFacts* facts, int32_t* sums, int* least, int* most) const {
    const int64_t count = static_cast<int64_t>(source_.taps.size()) * source_.tap_bytes;
    for (int64_t column = 0; column < source_.columns; ++column) {
      const int zero = Zero(column);
      ColumnScan scan(zero);
      for (int64_t t : source_.taps) scan.Add(Tap(column, t), source_.tap_bytes);
      if (count > 0) {
        *least = std::min(*least, scan.least() - zero);
        *most = std::max(*most, scan.most() - zero);
      }
      const int32_t sum = static_cast<int32_t>(scan.sum() - count * zero);
      facts->Reach(sum, count <= kMostCounted ? scan.total() : INT32_MAX);
      sums[group_ * source_.columns + column] = sum;
    }
  }

  /// Whether weights and packed weights are the same numbers, and taps lie at equal distances: then they are
  /// packed from where they are.
  bool Plain(int parts, int lift) const {
    if (parts != 1 || source_.sets != 1 || source_.taps.empty() || source_.columns == 0) return false;
    for (int64_t column = 0; column < source_.columns; ++column)
      if (Zero(column) + lift != 0) return false;
    for (size_t t = 1; t < source_.taps.size(); ++t)
      if (source_.taps[t] - source_.taps[t - 1] != TapStride()) return false;
    return true;
  }

  int64_t TapStride() const { return source_.taps.size() < 2 ? 0 : source_.taps[1] - source_.taps[0]; }

  const int8_t* First() const { return Tap(0, source_.taps[0]); }

  std::vector<int8_t> Split(int parts, int lift) const {
    std::vector<int8_t> out(static_cast<size_t>(source_.columns * parts * source_.tap_bytes) *
                            source_.taps.size());
    int8_t* to = out.data();
    for (int64_t column = 0; column < source_.columns; ++column)
      for (int part = 0; part < parts; ++part)
        for (int64_t t : source_.taps) {
          SplitTap(Tap(column, t), Zero(column) + lift, part, parts, to);
          to += source_.tap_bytes;
        }
    return out;
  }

 private:
  const int8_t* Tap(int64_t column, int64_t tap) const {
    return source_.w->as<int8_t>() + source_.At(group_, column, tap);
  }
  int Zero(int64_t column) const { return zeros_ == nullptr ? 0 : zeros_[source_.Channel(group_, column)]; }
  void SplitTap(const int8_t* w, int zero, int part, int parts, int8_t* to) const {
    if (parts == 1) {
      for (int64_t k = 0; k < source_.tap_bytes; ++k) to[k] = static_cast<int8_t>(w[k] - zero);
      return;
    }
    for (int64_t k = 0; k < source_.tap_bytes; ++k) {
      const int value = w[k] - zero, share = value / parts;
      to[k] = static_cast<int8_t>(part == 0 ? value - share * (parts - 1) : share);
    }
  }

  const WeightSource& source_;
  const int32_t* zeros_;
  int64_t group_;
};

/// Whether 255 * (w[k] + w[k + 1]) stays within 16 bits for every even k, whatever the activations are.
bool PairsFit(const std::vector<int8_t>& w, int64_t tap_bytes) {
  for (size_t begin = 0; tap_bytes > 0 && begin < w.size(); begin += static_cast<size_t>(tap_bytes))
    for (int64_t k = 0; k + 1 < tap_bytes; k += 2) {
      const int a = w[begin + k], b = w[begin + k + 1];
      if (std::max(a, 0) + std::max(b, 0) > 128 || std::min(a, 0) + std::min(b, 0) < -128) return false;
    }
  return true;
}

void FindFacts(const WeightSource& s, const int32_t* zeros, int min_weight, WeightFacts* facts,
               int32_t* sums) {
  int least = 0, most = 0;
  for (int64_t g = 0; g < s.groups; ++g) GroupWeights(s, zeros, g).Find(facts, sums, &least, &most);
  facts->Fit(least, most, min_weight, s.lifts);
  if (&ChooseGemmS8(true) == &ChooseGemmS8(false)) return;  // no kernel of this CPU asks
  for (int64_t g = 0; g < s.groups && facts->pairs_fit != 0; ++g)
    facts->pairs_fit = PairsFit(GroupWeights(s, zeros, g).Split(facts->parts, facts->lift), s.tap_bytes);
}

}  // namespace

Status PackedWeights::Make(const StepSpec& spec, const WeightSource& s, const ConvChannels& channels,
                           int32_t x_zero) {
  if (s.tap_bytes > INT32_MAX / 4 || static_cast<int64_t>(s.taps.size()) > kMaxTable)
    return TooLarge(spec, "the kernel is too large");
  taps_ = static_cast<int>(s.taps.size());
  tap_bytes_ = static_cast<int>(s.tap_bytes);
  const int min_weight = ChooseGemmS8(false).min_weight;
  const std::string choice =
      ":" + std::to_string(s.groups) + ":" + std::to_string(taps_) + channels.ZeroTag();
  const WeightFacts* facts = nullptr;
  KPT_RETURN_IF_ERROR(WeightFacts::Get(spec, s.tag + ":" + std::to_string(min_weight) + choice,
                                       s.groups * s.columns, &facts, [&](WeightFacts* found, int32_t* sums) {
                                         FindFacts(s, channels.weight_zero, min_weight, found, sums);
                                       }));
  parts_ = facts->parts, lift_ = facts->lift;
  const int32_t* sums = facts->sums();

  kernel_ = &ChooseGemmS8(facts->pairs_fit != 0, s.columns, taps(), tap_bytes_);
  row_offset_ = static_cast<uint32_t>(kernel_->a_offset) * static_cast<uint32_t>(taps_) *
                static_cast<uint32_t>(tap_bytes_);
  panels_ = GemmPanels(kernel_->unit, kernel_->max_units, s.columns);
  const int64_t width = panels_.units * panels_.unit;
  channels_ = FoldedChannels(s.groups * width);
  if (!channels_.allocated()) return Status::Error("KPT_TOO_LARGE", "weights");

  KPT_RETURN_IF_ERROR(run_time_.Read(spec));
  for (int64_t g = 0; g < s.groups; ++g)
    for (int64_t n = 0; n < s.columns; ++n) {
      const int64_t o = s.Channel(g, n);
      const int32_t bias = channels.bias == nullptr ? 0 : channels.bias[o], sum = sums[g * s.columns + n];
      run_time_.Set(g * width + n, static_cast<uint32_t>(sum), channels.Scale(o));
      channels_.Set(g * width + n, bias, kernel_->a_offset - x_zero, sum, channels.Scale(o));
    }
  small_sums_ = channels_.Small(facts->reach);
  group_bytes_ = GemmS8PackedBytes(*kernel_, panels_, taps(), tap_bytes_);
  packed_ = reinterpret_cast<const int8_t*>(spec.packs->Get(
      s.w->constant, s.tag + ":" + kernel_->name + choice, group_bytes_ * static_cast<size_t>(s.groups),
      [&](uint8_t* block) {
        const int64_t tap = s.tap_bytes, column = tap * taps();
        for (int64_t g = 0; g < s.groups; ++g) {
          const GroupWeights weights(s, channels.weight_zero, g);
          int8_t* to = reinterpret_cast<int8_t*>(block) + group_bytes_ * static_cast<size_t>(g);
          if (weights.Plain(parts_, lift_))
            PackGemmS8(*kernel_, panels_, taps(), tap_bytes_, weights.First(), s.column_stride,
                       weights.TapStride(), 1, to);
          else
            PackGemmS8(*kernel_, panels_, taps(), tap_bytes_, weights.Split(parts_, lift_).data(), column,
                       tap, 1, to);
        }
      }));
  return packed_ == nullptr ? Status::Error("KPT_TOO_LARGE", "packed weights") : Status::Ok();
}

void PackedWeights::Bind(int64_t group, int64_t panel, GemmS8Block* block) const {
  const int64_t at = group * panels_.units * panels_.unit + panels_.Begin(panel);
  block->taps = taps();
  block->tap_bytes = tap_bytes_;
  block->b = GemmS8Panel(*kernel_, panels_, taps(), tap_bytes_,
                         packed_ + group_bytes_ * static_cast<size_t>(group), panel);
  const int8_t* next = GemmS8Panel(*kernel_, panels_, taps(), tap_bytes_,
                                   packed_ + group_bytes_ * static_cast<size_t>(group), panel + 1);
  block->next = panel + 1 < panels_.count && next - block->b >= kLongPanel ? next : nullptr;
  block->bias = channels_.bias() + at;
  block->scale = channels_.scale() + at;
  block->small_sums = small_sums_;
  block->columns = panels_.Columns(panel);
}

}  // namespace kompakt
