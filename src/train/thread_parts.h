// Loops whose sums have one order for each number of threads: every thread takes a fixed run.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstddef>

namespace byteformer {

// Into how many runs so much work is cut: as many as there are threads, none of them empty, but one
// at least.
inline std::size_t thread_parts(std::size_t count) {
  return std::clamp<std::size_t>(static_cast<std::size_t>(std::max(1, at::get_num_threads())), 1,
                                 std::max<std::size_t>(1, count));
}

// body(part, begin, end) for each of `parts` runs of [0, count), side by side.
template <class Body>
void for_each_part(std::size_t count, std::size_t parts, const Body& body) {
  at::parallel_for(0, static_cast<std::int64_t>(parts), 1,
                   [&](std::int64_t first, std::int64_t last) {
                     for (auto part = static_cast<std::size_t>(first);
                          part < static_cast<std::size_t>(last); ++part)
                       body(part, count * part / parts, count * (part + 1) / parts);
                   });
}

}  // namespace byteformer
