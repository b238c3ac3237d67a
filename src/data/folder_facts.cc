#include "data/folder_facts.h"

#include <algorithm>

#include "byteformer/error.h"
#include "codec/wav.h"
#include "files/class_folder.h"

namespace byteformer {
namespace {

constexpr std::size_t kLookedInto = 64;  // files
// A WAV file's samples begin before here, but for one that has more to say of itself than sound.
constexpr ReadLimit kHeader = {.bytes = 65536, .cut = true};

}  // namespace

FolderFacts facts_of_folder(const std::string& data, const Notice& notice) {
  const ClassFolder folder = list_class_folder(data, notice);
  FolderFacts facts{folder.samples.size(), folder.classes.size(), {}, {}};
  facts.bytes.reserve(facts.files);
  for (std::size_t i = 0; i < facts.files; ++i) facts.bytes.push_back(folder.samples.bytes_of(i));
  std::sort(facts.bytes.begin(), facts.bytes.end());
  bool all_are_wav = facts.files > 0;
  const std::size_t stride = std::max<std::size_t>(1, facts.files / kLookedInto);
  for (std::size_t i = 0; i < facts.files && all_are_wav; i += stride) {
    std::vector<std::uint8_t> file;
    try {
      file = read_sample(folder.samples[i], kHeader);
    } catch (const Error&) {
      continue;  // the training says which files it cannot read
    }
    const std::optional<WavSamples> found = find_wav_samples(file);
    all_are_wav = found && (!facts.wav_rate || *facts.wav_rate == found->sample_rate);
    if (all_are_wav) facts.wav_rate = found->sample_rate;
  }
  if (!all_are_wav) facts.wav_rate.reset();
  return facts;
}

}  // namespace byteformer
