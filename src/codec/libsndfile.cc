#include "codec/libsndfile.h"

#include <sndfile.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>

#include "codec/sound_error.h"

namespace byteformer {
namespace {

// A file in memory, as libsndfile asks for it.
struct Memory {
  std::span<const std::uint8_t> bytes;
  sf_count_t position = 0;

  sf_count_t size() const { return static_cast<sf_count_t>(bytes.size()); }
};

sf_count_t size_of(void* user) { return static_cast<Memory*>(user)->size(); }

sf_count_t position_of(void* user) { return static_cast<Memory*>(user)->position; }

sf_count_t seek(sf_count_t offset, int whence, void* user) {
  Memory& memory = *static_cast<Memory*>(user);
  const sf_count_t base = whence == SEEK_SET   ? 0
                          : whence == SEEK_CUR ? memory.position
                                               : memory.size();
  if (offset < -base || offset > memory.size() - base) return -1;
  return memory.position = base + offset;
}

sf_count_t read(void* to, sf_count_t count, void* user) {
  Memory& memory = *static_cast<Memory*>(user);
  count = std::clamp<sf_count_t>(count, 0, memory.size() - memory.position);
  if (count == 0) return 0;  // there may be no memory at all behind an empty span
  std::memcpy(to, memory.bytes.data() + memory.position, static_cast<std::size_t>(count));
  memory.position += count;
  return count;
}

sf_count_t write(const void*, sf_count_t, void*) { return 0; }

struct CloseSound {
  void operator()(SNDFILE* file) const { sf_close(file); }
};
using SoundFile = std::unique_ptr<SNDFILE, CloseSound>;

SoundFile open(Memory& memory, SF_INFO& info, const std::string& name) {
  SF_VIRTUAL_IO io{size_of, seek, read, write, position_of};
  static std::mutex last_error;  // libsndfile keeps the error of a failed open in one place for all
  const std::lock_guard lock(last_error);
  SoundFile sound(sf_open_virtual(&io, SFM_READ, &info, &memory));
  if (!sound)
    refuse_damaged_sound(name, std::string("is a damaged sound file (libsndfile: ") +
                                   sf_error_number(sf_error(nullptr)) + ")");
  return sound;
}

// All frames, [n, channels]. Memory grows with what is really there, whatever the header declares.
std::vector<float> read_frames(SNDFILE* sound, std::size_t channels, const std::string& name,
                               std::uint64_t max_samples) {
  constexpr std::size_t kBlock = 65536;  // samples
  const std::size_t block_frames = std::max<std::size_t>(1, kBlock / channels);
  std::vector<float> block(block_frames * channels), samples;
  for (;;) {
    const sf_count_t frames =
        sf_readf_float(sound, block.data(), static_cast<sf_count_t>(block_frames));
    if (frames <= 0) return samples;
    const std::size_t got = static_cast<std::size_t>(frames) * channels;
    if (samples.size() + got > max_samples)
      refuse_large_sound(name, "holds more samples", max_samples);
    samples.insert(samples.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(got));
  }
}

}  // namespace

Waveform decode_by_libsndfile(std::span<const std::uint8_t> file, const std::string& name,
                              std::uint64_t max_samples) {
  Memory memory{file};
  SF_INFO info{};
  const SoundFile sound = open(memory, info, name);
  const auto channels = static_cast<std::size_t>(info.channels);
  const bool is_length_known = info.frames != SF_COUNT_MAX;
  if (is_length_known && static_cast<std::uint64_t>(info.frames) > max_samples / channels)
    refuse_large_sound(name,
                       "declares " + std::to_string(info.frames) + " samples in each of " +
                           std::to_string(channels) + " channels",
                       max_samples);
  std::vector<float> frames = read_frames(sound.get(), channels, name, max_samples);
  const std::size_t read = frames.size() / channels;
  if (const int error = sf_error(sound.get()); error != SF_ERR_NO_ERROR)
    refuse_damaged_sound(name, "is damaged after " + std::to_string(read) +
                                   " samples (libsndfile: " + sf_error_number(error) + ")");
  if (is_length_known && read < static_cast<std::size_t>(info.frames))
    refuse_damaged_sound(name, "declares " + std::to_string(info.frames) + " samples and holds " +
                                   std::to_string(read));
  return from_interleaved(std::move(frames), channels, static_cast<std::uint32_t>(info.samplerate));
}

}  // namespace byteformer
