#include "train/membership.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <cstring>

#include "byteformer/error.h"

namespace byteformer {
namespace {

constexpr const char* kRemedy =
    "A launcher sets RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT in each process; "
    "unset WORLD_SIZE to train in one.";

std::string text_in(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr)
    throw UsageError(fmt::format("WORLD_SIZE is set, but {} is not. {}", name, kRemedy));
  return value;
}

std::size_t number_in(const char* name, std::size_t low, std::size_t high) {
  const std::string text = text_in(name);
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < low || number > high)
    throw UsageError(fmt::format("{} is \"{}\", but must be a number from {} to {}. {}", name, text,
                                 low, high, kRemedy));
  return number;
}

}  // namespace

std::optional<Membership> membership_from_environment() {
  constexpr std::size_t kMostProcesses = 65536, kHighestPort = 65535;
  if (std::getenv("WORLD_SIZE") == nullptr) return std::nullopt;
  Membership m;
  m.size = number_in("WORLD_SIZE", 1, kMostProcesses);
  m.rank = number_in("RANK", 0, m.size - 1);
  m.local_rank = number_in("LOCAL_RANK", 0, m.size - 1);
  if (std::getenv("LOCAL_WORLD_SIZE") != nullptr)
    m.local_size = number_in("LOCAL_WORLD_SIZE", m.local_rank + 1, m.size);
  m.address = text_in("MASTER_ADDR");
  m.port = static_cast<std::uint16_t>(number_in("MASTER_PORT", 1, kHighestPort));
  return m;
}

}  // namespace byteformer
