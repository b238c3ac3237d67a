// How many processors this process may use.
#pragma once

#include <filesystem>
#include <optional>

namespace byteformer {

// The smaller of the affinity mask and the control group's quota, rounded down; never 0.
unsigned usable_processors();

// The quota of processor time that the control groups of this process leave it, in processors: the
// least over its group and the groups above, in version 2 (cpu.max) and version 1
// (cpu.cfs_quota_us). Nothing where there is no limit. `root` is "/" but in tests.
std::optional<double> processor_quota(const std::filesystem::path& root = "/");

}  // namespace byteformer
