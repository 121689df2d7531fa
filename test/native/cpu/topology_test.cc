// UsableCpus over made-up system files.
#include "native/cpu/topology.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace kompakt::testing {
namespace {

/// A folder that stands for "/", removed at the end.
class FakeRoot {
 public:
  FakeRoot() {
    std::string pattern = (std::filesystem::temp_directory_path() / "kompakt-topology-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~FakeRoot() { std::filesystem::remove_all(path_); }
  void Write(const std::string& file, const std::string& text) const {
    const std::filesystem::path path = path_ + "/" + file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  void Capacity(int cpu, int capacity) const {
    Write("sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/cpu_capacity",
          std::to_string(capacity) + "\n");
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST_CASE("without system files every allowed CPU counts") {
  const FakeRoot root;
  CHECK(UsableCpus(root.path(), {0, 1, 2, 5}) == 4);
  CHECK(UsableCpus(root.path(), {}) == 1);
}

TEST_CASE("little cores are left out, among the allowed ones") {
  const FakeRoot root;
  for (int cpu = 0; cpu < 4; ++cpu) root.Capacity(cpu, 406);
  for (int cpu = 4; cpu < 8; ++cpu) root.Capacity(cpu, 1024);
  CHECK(UsableCpus(root.path(), {0, 1, 2, 3, 4, 5, 6, 7}) == 4);
  CHECK(UsableCpus(root.path(), {0, 1, 7}) == 1);
  CHECK(UsableCpus(root.path(), {0, 1, 2}) == 3);
}

TEST_CASE("the tightest quota of version 2 groups counts, rounded up") {
  const FakeRoot root;
  root.Write("proc/self/cgroup", "0::/service/worker\n");
  root.Write("sys/fs/cgroup/service/worker/cpu.max", "max 100000\n");
  CHECK(UsableCpus(root.path(), {0, 1, 2, 3}) == 4);
  root.Write("sys/fs/cgroup/service/cpu.max", "150000 100000\n");
  CHECK(UsableCpus(root.path(), {0, 1, 2, 3}) == 2);
  root.Write("sys/fs/cgroup/cpu.max", "50000 100000\n");
  CHECK(UsableCpus(root.path(), {0, 1, 2, 3}) == 1);
}

TEST_CASE("quotas of version 1 groups count") {
  const FakeRoot root;
  root.Write("proc/self/cgroup", "5:cpuset:/\n4:cpu,cpuacct:/job\n0::/\n");
  root.Write("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "300000\n");
  root.Write("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "100000\n");
  CHECK(UsableCpus(root.path(), {0, 1, 2, 3}) == 3);
  root.Write("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "-1\n");
  CHECK(UsableCpus(root.path(), {0, 1, 2, 3}) == 4);
}

TEST_CASE("this machine has at least one CPU") { CHECK(UsableCpus() >= 1); }

}  // namespace
}  // namespace kompakt::testing
