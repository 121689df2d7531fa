// Cutting dimensions into ranges of nearly equal size.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace kompakt {

struct Range {
  int64_t begin, end;
  int64_t size() const { return end - begin; }
};

/// [0, count) in `chunks` ranges that begin at multiples of `unit`.
inline std::vector<Range> Cut(int64_t count, int64_t unit, int64_t chunks) {
  const int64_t units = (count + unit - 1) / unit;
  std::vector<Range> ranges;
  for (int64_t i = 0; i < chunks; ++i)
    ranges.push_back({i * units / chunks * unit, std::min((i + 1) * units / chunks * unit, count)});
  return ranges;
}

inline int64_t LargestOf(const std::vector<Range>& ranges) {
  int64_t size = 0;
  for (const Range& range : ranges) size = std::max(size, range.size());
  return size;
}

/// Row and chunk of a task: chunk by chunk, but part by part of the rows before that, so that every thread
/// begins with the rows that it has made in the step before and reads in the next.
inline std::pair<int64_t, int64_t> PartByPart(int64_t task, int64_t rows, int64_t chunks, int64_t parts) {
  int64_t first = 0, size = 0;
  for (int64_t part = 0;; ++part, first += size, task -= size * chunks) {
    size = rows * (part + 1) / parts - first;
    if (task < size * chunks) return {first + task % size, task / size};
  }
}

}  // namespace kompakt
