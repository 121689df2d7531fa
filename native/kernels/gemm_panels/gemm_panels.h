// GemmPanels: how the columns of a matrix product are cut for a kernel.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>

namespace kompakt {

/// N columns in panels of at most `max_units` units of `unit` columns: as few panels as possible, of nearly
/// equal width.
struct GemmPanels {
  GemmPanels() = default;
  GemmPanels(int unit, int max_units, int64_t n)
      : n(n), unit(unit), units((n + unit - 1) / unit), count((units + max_units - 1) / max_units) {}

  int64_t n = 0;
  int unit = 1;
  int64_t units = 0;  // in all panels
  int64_t count = 0;

  /// First unit of a panel; BeginUnit(count) is `units`.
  int64_t BeginUnit(int64_t panel) const { return panel * units / count; }
  int64_t Begin(int64_t panel) const { return BeginUnit(panel) * unit; }
  int Width(int64_t panel) const { return static_cast<int>(Begin(panel + 1) - Begin(panel)); }
  /// Columns of a panel that are not padding.
  int Columns(int64_t panel) const {
    return static_cast<int>(std::min<int64_t>(Begin(panel + 1), n) - Begin(panel));
  }
};

}  // namespace kompakt
