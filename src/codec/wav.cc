#include "codec/wav.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <string>
#include <string_view>

#include "byteformer/error.h"
#include "codec/little_endian.h"
#include "codec/sox_sample.h"

namespace byteformer {
namespace {

void put_text(std::vector<std::uint8_t>& out, std::string_view text) {
  for (const char c : text) out.push_back(static_cast<std::uint8_t>(c));
}

std::uint32_t sample_bytes(WavType type) {
  switch (type) {
    case WavType::kFloat32:
    case WavType::kInt32:
      return 4;
    case WavType::kInt16:
      return 2;
    case WavType::kUint8:
      return 1;
  }
  return 0;
}

// The processor instruction that the reference's conversion is: out of range and NaN give -2^31.
std::int32_t truncate(float x) {
  if (!(x >= -0x1p31F && x < 0x1p31F)) return std::numeric_limits<std::int32_t>::min();
  return static_cast<std::int32_t>(x);
}

// sox writes 25 bits of its 32, rounded half up.
float rounded_as_sox(std::int32_t sample) {
  const std::int64_t rounded = (std::int64_t{sample} + 64) & ~std::int64_t{127};
  return static_cast<float>(rounded) * 0x1p-31F;
}

void put_sample(std::vector<std::uint8_t>& out, float x, WavType type) {
  switch (type) {
    case WavType::kFloat32:
      return put32(out, std::bit_cast<std::uint32_t>(rounded_as_sox(sox_sample(x))));
    case WavType::kInt32:
      return put32(out, static_cast<std::uint32_t>(truncate(x * 0x1p31F)));
    case WavType::kInt16:
      return put16(out, static_cast<std::uint32_t>(truncate(x * 32767.0F)));
    case WavType::kUint8:
      return out.push_back(static_cast<std::uint8_t>(truncate((x + 1.0F) * 255.0F / 2.0F)));
  }
}

std::vector<std::uint8_t> format_chunk(std::uint32_t rate, WavType type) {
  std::vector<std::uint8_t> out;
  const std::uint32_t size = sample_bytes(type);
  const bool is_float = type == WavType::kFloat32, is_extensible = type == WavType::kInt32;
  put_text(out, "fmt ");
  put32(out, is_extensible ? 40 : is_float ? 18 : 16);
  put16(out, is_extensible ? 0xFFFE : is_float ? 3 : 1);
  put16(out, 1);  // channels
  put32(out, rate);
  put32(out, rate * size);
  put16(out, size);
  put16(out, 8 * size);
  if (is_float) put16(out, 0);  // no extension
  if (is_extensible) {
    put16(out, 22);  // bytes of extension
    put16(out, 8 * size);
    put32(out, 4);  // front centre
    constexpr std::array<std::uint8_t, 16> kPcm = {1,    0, 0, 0,    0,    0,    0x10, 0,
                                                   0x80, 0, 0, 0xAA, 0x00, 0x38, 0x9B, 0x71};
    out.insert(out.end(), kPcm.begin(), kPcm.end());
  }
  return out;
}

}  // namespace

std::vector<std::uint8_t> encode_wav(const Waveform& waveform, WavType type) {
  const std::size_t n = waveform.length(), size = sample_bytes(type);
  constexpr std::size_t kHeader = 80;  // the longest one
  if (n > (std::numeric_limits<std::uint32_t>::max() - kHeader) / size)
    throw UsageError(std::to_string(n) + " samples of " + std::to_string(size) +
                     " bytes do not fit into a WAV file, which ends at 4 GiB. Cut the sound.");
  const auto data_bytes = static_cast<std::uint32_t>(n * size), padding = data_bytes % 2;

  const bool has_fact = type == WavType::kFloat32 || type == WavType::kInt32;
  const std::vector<std::uint8_t> format = format_chunk(waveform.sample_rate, type);

  std::vector<std::uint8_t> file;
  file.reserve(kHeader + data_bytes + padding);
  put_text(file, "RIFF");
  put32(file, static_cast<std::uint32_t>(12 + format.size() + (has_fact ? 12 : 0)) + data_bytes +
                  padding);
  put_text(file, "WAVE");
  file.insert(file.end(), format.begin(), format.end());
  if (has_fact) {
    put_text(file, "fact");
    put32(file, 4);
    put32(file, static_cast<std::uint32_t>(n));
  }
  put_text(file, "data");
  put32(file, data_bytes);
  for (const float x : mix_to_mono(waveform).samples) put_sample(file, x, type);
  if (padding != 0) file.push_back(0);
  return file;
}

namespace {

bool is_at(std::span<const std::uint8_t> file, std::size_t at, std::string_view text) {
  return std::equal(text.begin(), text.end(), file.begin() + static_cast<std::ptrdiff_t>(at));
}

// The chunk that begins at a byte: its declared size, and how many of its bytes are there.
struct Chunk {
  std::uint64_t at, size, present;
};

// Calls visit for each chunk whose header is there, until it returns false. Nothing for a file that
// is neither WAV nor RF64.
template <typename Visit>
void for_each_chunk(std::span<const std::uint8_t> file, Visit visit) {
  if (file.size() < 12 || !(is_at(file, 0, "RIFF") || is_at(file, 0, "RF64")) ||
      !is_at(file, 8, "WAVE"))
    return;
  for (std::uint64_t at = 12; at + 8 <= file.size();) {
    const std::uint64_t size = get32(file, at + 4);
    if (!visit(Chunk{at, size, file.size() - at - 8})) return;
    at += 8 + size + size % 2;
  }
}

}  // namespace

std::uint64_t missing_wav_bytes(std::span<const std::uint8_t> file) {
  constexpr std::uint64_t kUnknown = 0xFFFFFFFF;
  std::uint64_t declared = kUnknown;  // of the data chunk, by an RF64's ds64
  std::uint64_t missing = 0;
  for_each_chunk(file, [&](const Chunk& chunk) {
    if (is_at(file, chunk.at, "ds64") && chunk.present >= 16)
      declared = get32(file, chunk.at + 16) | std::uint64_t{get32(file, chunk.at + 20)} << 32;
    if (!is_at(file, chunk.at, "data")) return true;
    if (chunk.size != kUnknown) declared = chunk.size;
    if (declared != kUnknown && declared > chunk.present) missing = declared - chunk.present;
    return false;
  });
  return missing;
}

std::optional<WavSamples> find_wav_samples(std::span<const std::uint8_t> file) {
  constexpr std::uint32_t kPcm = 1, kBits = 16;
  std::optional<WavSamples> found;
  std::uint32_t rate = 0, channels = 0;  // channels 0: no format chunk so far
  for_each_chunk(file, [&](const Chunk& chunk) {
    if (is_at(file, chunk.at, "fmt ") && std::min(chunk.size, chunk.present) >= 16) {
      const std::uint32_t kind = get32(file, chunk.at + 8), bits = get32(file, chunk.at + 20) >> 16;
      if ((kind & 0xFFFF) != kPcm || bits != kBits) return false;
      channels = kind >> 16;
      rate = get32(file, chunk.at + 12);
    }
    if (!is_at(file, chunk.at, "data")) return true;
    if (channels == 0 || rate == 0) return false;
    const std::uint64_t there = std::min(chunk.size, chunk.present), frame = 2ull * channels;
    found = WavSamples{rate, channels, chunk.at + 8, there / frame * frame};
    return false;
  });
  return found;
}

}  // namespace byteformer
