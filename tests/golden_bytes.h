// The golden data of the data side (tests/golden/README_data.md), for tests: files, indices and
// digests.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

namespace byteformer::golden {

std::vector<std::uint8_t> bytes_of(const std::string& name);

// One list of a folder's index.json. By value: a loop over a part of a temporary would dangle.
nlohmann::json index_of(const std::string& folder, const std::string& list);

// SHA-256 (FIPS 180-4) in hexadecimal: many outputs are recorded as a digest alone.
std::string sha256(std::span<const std::uint8_t> data);

}  // namespace byteformer::golden
