#include "data/folder_facts.h"

#include <algorithm>

#include "byteformer/error.h"
#include "codec/wav.h"
#include "files/class_folder.h"

namespace byteformer {
namespace {

constexpr std::size_t kMostLengths = 100000, kLookedInto = 64;  // files

}  // namespace

FolderFacts facts_of_folder(const std::string& data, const Notice& notice) {
  const ClassFolder folder = list_class_folder(data, notice);
  FolderFacts facts{folder.samples.size(), folder.classes.size(), {}, {}};
  const std::size_t step = std::max<std::size_t>(1, facts.files / kMostLengths);
  for (std::size_t i = 0; i < facts.files; i += step)
    facts.bytes.push_back(folder.samples[i].bytes);
  std::sort(facts.bytes.begin(), facts.bytes.end());
  bool all_are_wav = facts.files > 0;
  const std::size_t stride = std::max<std::size_t>(1, facts.files / kLookedInto);
  for (std::size_t i = 0; i < facts.files && all_are_wav; i += stride) {
    std::vector<std::uint8_t> file;
    try {
      file = read_sample(folder.samples[i]);
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
