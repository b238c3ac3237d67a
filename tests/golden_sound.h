// The waveforms of tests/golden, for tests of sound.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "codec/waveform.h"

namespace byteformer::golden {

std::vector<std::uint8_t> sound_file(const std::filesystem::path& relative);
nlohmann::json sound_index(const std::string& folder);

// A .f32 file of the shape [channels, length].
Waveform waveform(const std::filesystem::path& relative, std::size_t channels,
                  std::uint32_t sample_rate = 16000);

}  // namespace byteformer::golden
