#include "base/processors.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "tests/temporary_folder.h"

namespace byteformer {
namespace {

class ProcessorQuota : public testing::Test {
 protected:
  void group(const std::string& line) { folder_.write("proc/self/cgroup", line + "\n"); }
  void file(const std::string& name, const std::string& text) {
    folder_.write("sys/fs/cgroup/" + name, text + "\n");
  }
  std::optional<double> quota() const { return processor_quota(folder_.path()); }

  TemporaryFolder folder_;
};

TEST_F(ProcessorQuota, OfVersionTwoIsQuotaOverPeriod) {
  group("0::/work");
  file("work/cpu.max", "150000 100000");
  EXPECT_EQ(quota(), 1.5);
  file("work/cpu.max", "max 100000");
  EXPECT_EQ(quota(), std::nullopt);
}

TEST_F(ProcessorQuota, IsTheLeastOfAllGroupsAbove) {
  group("0::/a/b/c");
  file("a/cpu.max", "100000 100000");
  file("a/b/c/cpu.max", "400000 100000");
  EXPECT_EQ(quota(), 1.0);
}

TEST_F(ProcessorQuota, OfAContainerStandsAtTheMount) {
  group("0::/not/visible/here");
  file("cpu.max", "50000 100000");
  EXPECT_EQ(quota(), 0.5);
}

TEST_F(ProcessorQuota, OfVersionOneIsInTheGroupOfItsController) {
  group("7:memory:/m\n4:cpu,cpuacct:/job\n1:name=systemd:/x");
  file("cpu,cpuacct/job/cpu.cfs_quota_us", "300000");
  file("cpu,cpuacct/job/cpu.cfs_period_us", "100000");
  EXPECT_EQ(quota(), 3.0);
  file("cpu,cpuacct/job/cpu.cfs_quota_us", "-1");
  EXPECT_EQ(quota(), std::nullopt);
}

TEST_F(ProcessorQuota, IsNoneWhereNothingCanBeReadOrMakesSense) {
  EXPECT_EQ(quota(), std::nullopt);
  group("nonsense");
  EXPECT_EQ(quota(), std::nullopt);
  group("0::/work");
  file("work/cpu.max", "0 0");
  EXPECT_EQ(quota(), std::nullopt);
}

TEST(UsableProcessors, FollowsTheAffinityOfTheThread) {
  std::thread([] {
    cpu_set_t set;
    ASSERT_EQ(::sched_getaffinity(0, sizeof set, &set), 0);
    int first = 0;
    while (!CPU_ISSET(first, &set)) ++first;
    CPU_ZERO(&set);
    CPU_SET(first, &set);
    ASSERT_EQ(::sched_setaffinity(0, sizeof set, &set), 0);
    EXPECT_EQ(usable_processors(), 1U);
  }).join();
}

// Where this machine lets a group be made: as root, with the controller mounted.
TEST(UsableProcessors, FollowARealControlGroup) {
  namespace fs = std::filesystem;
  const std::string name = "byteformer-test-" + std::to_string(::getpid());
  const auto write = [](const fs::path& file, const std::string& text) {
    return static_cast<bool>(std::ofstream(file) << text << std::flush);
  };
  fs::path group;
  for (const char* mount : {"/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup"}) {
    std::error_code refused;
    group = fs::path(mount) / name;
    if (!fs::create_directory(group, refused)) continue;
    if (write(group / "cpu.cfs_quota_us", "50000") || write(group / "cpu.max", "50000 100000"))
      break;
    ::rmdir(group.c_str());
    group.clear();
  }
  if (group.empty() || !fs::exists(group)) GTEST_SKIP() << "no control group can be made here";
  const pid_t child = ::fork();
  if (child == 0) {
    if (!write(group / "cgroup.procs", "0")) ::_exit(3);
    ::_exit(processor_quota() == 0.5 && usable_processors() == 1 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(::rmdir(group.c_str()), 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 3) GTEST_SKIP() << "the group takes no process";
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace byteformer
