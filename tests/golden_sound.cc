#include "tests/golden_sound.h"

#include <bit>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace byteformer::golden {

std::vector<std::uint8_t> sound_file(const std::filesystem::path& relative) {
  std::ifstream in(std::filesystem::path(BYTEFORMER_GOLDEN) / relative, std::ios::binary);
  if (!in) throw std::runtime_error("no golden file " + relative.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

nlohmann::json sound_index(const std::string& folder) {
  return nlohmann::json::parse(sound_file(folder + "/index.json"));
}

Waveform waveform(const std::filesystem::path& relative, std::size_t channels,
                  std::uint32_t sample_rate) {
  const std::vector<std::uint8_t> bytes = sound_file(relative);
  Waveform result{sample_rate, channels, {}};
  for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4)
    result.samples.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bytes[i]) |
                                                  static_cast<std::uint32_t>(bytes[i + 1]) << 8 |
                                                  static_cast<std::uint32_t>(bytes[i + 2]) << 16 |
                                                  static_cast<std::uint32_t>(bytes[i + 3]) << 24));
  return result;
}

}  // namespace byteformer::golden
