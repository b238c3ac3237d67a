// The known name that a mistyped one most likely meant, for error texts.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace byteformer {

std::size_t edit_distance(std::string_view a,
                          std::string_view b);  // insertions, deletions, replacements

// The first of those at the least distance, where what is before a dot of a name costs nothing to
// leave out: max_epochs most likely meant scheduler.max_epochs. Requires at least one name.
std::string nearest_name(std::string_view mistyped, std::span<const std::string> names);

}  // namespace byteformer
