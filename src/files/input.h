// Reading one input as bytes, with every way in which that can fail as an InputError.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "byteformer/error.h"

namespace byteformer {

// A path is a string of bytes, not of characters: it may hold newlines and need not be UTF-8. "-"
// is standard input.
using Path = std::string;

enum class Origin {
  kGiven,  // named by the user: a FIFO or "-" is read as a stream; a device or socket is an error
           // of kind special
  kFound,  // met in a folder: only regular files (and links to them) are read
};

struct ReadLimit {
  std::uint64_t bytes = std::numeric_limits<std::uint64_t>::max();  // more than this is too much
  bool cut = false;  // true: stop reading there; false: InputError of kind too_large
};

// The file's bytes. Throws InputError: vanished, unreadable, special, loop, too_large. Memory is
// bounded by the limit and by what is really there, not by a declared size (/proc/cpuinfo says 0
// and is read whole).
std::vector<std::uint8_t> read_input(const Path& path, Origin origin, ReadLimit limit = {});

// The same bytes piece by piece, for inputs that need not fit in memory: visit gets each piece as
// it arrives, and returns false to stop reading. Throws InputError but too_large.
void read_pieces(const Path& path, Origin origin,
                 const std::function<bool(std::span<const std::uint8_t>)>& visit);

// Whether an input that the user named is a stream: "-" or a FIFO.
bool is_stream(const Path& path);

// `size` bytes from `offset` of a regular file, for members of archives. Throws InputError; kind
// damaged if they are not there.
std::vector<std::uint8_t> read_part(const Path& path, std::uint64_t offset, std::uint64_t size);

}  // namespace byteformer
