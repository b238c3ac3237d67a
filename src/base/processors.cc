#include "base/processors.h"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace byteformer {
namespace {

namespace fs = std::filesystem;

// Numbers of a file, such as "200000 100000"; a word that is no number ("max") ends them.
std::vector<double> numbers_in(const fs::path& file) {
  std::ifstream in(file);
  std::vector<double> numbers;
  for (double number; in >> number;) numbers.push_back(number);
  return numbers;
}

std::optional<double> quota_of(const fs::path& group) {
  const std::vector<double> v2 = numbers_in(group / "cpu.max");
  if (v2.size() == 2 && v2[0] > 0 && v2[1] > 0) return v2[0] / v2[1];
  const std::vector<double> quota = numbers_in(group / "cpu.cfs_quota_us"),
                            period = numbers_in(group / "cpu.cfs_period_us");
  if (quota.size() == 1 && period.size() == 1 && quota[0] > 0 && period[0] > 0)
    return quota[0] / period[0];
  return std::nullopt;
}

// Of a group and those above it, up to the mount. A container may see its own group as the mount
// itself while its name says otherwise, so the mount counts in any case.
std::optional<double> least_quota(const fs::path& mount, const fs::path& group) {
  std::optional<double> least = quota_of(mount);
  fs::path at = mount;
  for (const fs::path& part : group.relative_path()) {
    at /= part;
    if (const auto quota = quota_of(at)) least = std::min(least.value_or(*quota), *quota);
  }
  return least;
}

}  // namespace

std::optional<double> processor_quota(const fs::path& root) {
  const fs::path mounts = root / "sys/fs/cgroup";
  std::ifstream groups(root / "proc/self/cgroup");
  std::optional<double> least;
  // "0::/path" in version 2, "4:cpu,cpuacct:/path" in version 1.
  for (std::string line; std::getline(groups, line);) {
    std::istringstream fields(line);
    std::string number, controllers, group;
    std::getline(fields, number, ':');
    std::getline(fields, controllers, ':');
    std::getline(fields, group);
    const bool is_v2 = controllers.empty();
    if (!is_v2 && ("," + controllers + ",").find(",cpu,") == std::string::npos) continue;
    for (const fs::path& mount :
         {is_v2 ? mounts : mounts / controllers, is_v2 ? mounts / "unified" : mounts / "cpu"})
      if (const auto quota = least_quota(mount, group))
        least = std::min(least.value_or(*quota), *quota);
  }
  return least;
}

unsigned usable_processors() {
  unsigned allowed = std::max(1u, std::thread::hardware_concurrency());
  cpu_set_t set;  // fails where there are more processors than it holds
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
    allowed = static_cast<unsigned>(CPU_COUNT(&set));
  if (const auto quota = processor_quota(); quota && *quota < allowed)
    allowed = std::max(1u, static_cast<unsigned>(*quota));
  return allowed;
}

}  // namespace byteformer
