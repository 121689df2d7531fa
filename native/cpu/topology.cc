// UsableCpus: affinity, control-group quota (versions 1 and 2) and core capacities of Linux; elsewhere what
// the C++ library knows. SPDX-License-Identifier: Apache-2.0
#include "native/cpu/topology.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

namespace kompakt {
namespace {

/// The text of a small system file; empty when it cannot be read.
std::string ReadText(const std::string& path) {
  std::string text;
  std::FILE* file = std::fopen(path.c_str(), "r");
  if (file == nullptr) return text;
  char block[1024];
  size_t n;
  while ((n = std::fread(block, 1, sizeof block, file)) > 0) text.append(block, n);
  std::fclose(file);
  return text;
}

/// CPUs that `quota` microseconds in every `period` amount to, or 0 for no limit.
int QuotaCpus(double quota, double period) {
  if (quota <= 0 || period <= 0) return 0;
  return static_cast<int>(std::min(std::max((quota + period - 1) / period, 1.0), 65536.0));
}

int ReadVersion2(const std::string& directory) {
  const std::string text = ReadText(directory + "/cpu.max");  // "150000 100000" or "max 100000"
  double quota = 0, period = 0;
  if (std::sscanf(text.c_str(), "%lf %lf", &quota, &period) != 2) return 0;
  return QuotaCpus(quota, period);
}

int ReadVersion1(const std::string& directory) {
  const std::string quota = ReadText(directory + "/cpu.cfs_quota_us");  // -1: no limit
  const std::string period = ReadText(directory + "/cpu.cfs_period_us");
  return QuotaCpus(std::atof(quota.c_str()), std::atof(period.c_str()));
}

/// The tightest limit of `group` and the groups above it, or 0. Inside a container the group's path may not
/// exist below the mount: the walk then ends at the mount, which is the container's own group.
int TightestQuota(const std::string& mount, std::string group, int (*read)(const std::string&)) {
  int tightest = 0;
  for (;;) {
    const int cpus = read(mount + group);
    if (cpus > 0) tightest = tightest == 0 ? cpus : std::min(tightest, cpus);
    if (group.empty()) return tightest;
    group.resize(group.rfind('/'));
  }
}

/// True when "cpu" is one of a comma-separated list of controllers.
bool HasCpuController(const std::string& controllers) {
  return ("," + controllers + ",").find(",cpu,") != std::string::npos;
}

/// CPUs that the control group of this process may use, or 0 for no limit.
int GroupQuota(const std::string& root) {
  const std::string groups = ReadText(root + "/proc/self/cgroup");  // lines "id:controllers:/path"
  int tightest = 0;
  for (size_t at = 0; at < groups.size();) {
    const size_t end = std::min(groups.find('\n', at), groups.size());
    const std::string line = groups.substr(at, end - at);
    at = end + 1;
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    std::string group = line.substr(second + 1);
    if (group.empty() || group[0] != '/' || group == "/") group.clear();
    int cpus = 0;
    if (controllers.empty())
      cpus = TightestQuota(root + "/sys/fs/cgroup", group, ReadVersion2);
    else if (HasCpuController(controllers))
      cpus = TightestQuota(root + "/sys/fs/cgroup/" + controllers, group, ReadVersion1);
    if (cpus > 0) tightest = tightest == 0 ? cpus : std::min(tightest, cpus);
  }
  return tightest;
}

/// How many of `allowed` have at least half the capacity of the strongest: a loop cut over big and little
/// cores ends when the little ones do.
int BigCpus(const std::string& root, const std::vector<int>& allowed) {
  std::vector<int> capacities;
  for (int cpu : allowed) {
    const std::string text =
        ReadText(root + "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/cpu_capacity");
    const int capacity = std::atoi(text.c_str());
    if (capacity <= 0) return static_cast<int>(allowed.size());
    capacities.push_back(capacity);
  }
  const int strongest = capacities.empty() ? 0 : *std::max_element(capacities.begin(), capacities.end());
  return static_cast<int>(
      std::count_if(capacities.begin(), capacities.end(), [&](int c) { return 2 * c >= strongest; }));
}

}  // namespace

int UsableCpus(const std::string& root, const std::vector<int>& allowed) {
  int cpus = BigCpus(root, allowed);
  const int quota = GroupQuota(root);
  if (quota > 0) cpus = std::min(cpus, quota);
  return std::max(cpus, 1);
}

int UsableCpus() {
  std::vector<int> allowed;
#if defined(__linux__)
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0)
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
      if (CPU_ISSET(cpu, &set)) allowed.push_back(cpu);
#endif
  if (allowed.empty())  // not Linux, or more CPUs than a cpu_set_t holds
    for (unsigned cpu = 0; cpu < std::thread::hardware_concurrency(); ++cpu)
      allowed.push_back(static_cast<int>(cpu));
  return UsableCpus("", allowed);
}

}  // namespace kompakt
