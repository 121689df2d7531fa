// How many CPUs are worth a thread of the pool.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

namespace kompakt {

/// CPUs that this process may run on, cut to the quota of its control group and, where cores differ, to the
/// big ones. At least 1.
int UsableCpus();

/// The same for given allowed CPUs, with system files read below `root` ("" in real life).
int UsableCpus(const std::string& root, const std::vector<int>& allowed);

}  // namespace kompakt
