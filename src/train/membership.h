// This process's place among those that train together, as a launcher says it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace byteformer {

struct Membership {
  std::size_t rank = 0, size = 1;              // of all processes, on all machines
  std::size_t local_rank = 0, local_size = 1;  // of those on this machine
  std::string address;                         // of the machine of rank 0
  std::uint16_t port = 0;                      // where rank 0 listens
};

// From RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT, and LOCAL_WORLD_SIZE where it is
// set; nothing where no launcher set WORLD_SIZE. Throws UsageError if one is missing or no such
// number.
std::optional<Membership> membership_from_environment();

}  // namespace byteformer
