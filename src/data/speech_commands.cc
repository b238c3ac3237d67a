#include "data/speech_commands.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string_view>

#include "base/random.h"
#include "byteformer/error.h"
#include "codec/read_sound.h"
#include "files/name.h"
#include "files/tar.h"

namespace byteformer {
namespace {

constexpr std::string_view kNoise = "_background_noise_", kSilence = "_silence_",
                           kUnknown = "_unknown_";
constexpr std::array<std::string_view, 10> kCommands = {"down", "go",    "left", "no", "off",
                                                        "on",   "right", "stop", "up", "yes"};
constexpr std::size_t kSplits = 3;
constexpr std::array<const char*, kSplits> kManifests = {
    "train_manifest.json", "validation_manifest.json", "test_manifest.json"};

using Members = std::map<std::string, Sample>;  // by the name within the data set

struct LabelledClip {
  SpeechClip clip;
  std::string label;
};
using Splits = std::array<std::vector<LabelledClip>, kSplits>;

Members members_of(const Path& path, const Notice& notice) {
  Members members;
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !(S_ISDIR(status.st_mode) || S_ISREG(status.st_mode)))
    throw UsageError(printable(path) +
                     ": is neither a folder nor a file. Give the folder of Speech Commands, or an "
                     "uncompressed tar archive of it.");
  if (S_ISDIR(status.st_mode)) {
    const std::string root = path.ends_with('/') ? path : path + "/";
    for_each_input(
        {root},
        [&](const Found& found) {
          members[found.path.substr(root.size())] = {found.path, found.path, 0, 0, false, 0};
          return true;
        },
        notice);
  } else {
    for_each_tar_member(
        path,
        [&](const TarMember& member) {
          members[member.name] = {
              path + ":" + member.name, path, member.offset, member.bytes, true, 0};
        },
        notice);
  }
  return members;
}

// The lines of a list or a manifest; none if there is no such file.
std::vector<std::string> lines_of(const Members& members, const std::string& name) {
  const auto found = members.find(name);
  if (found == members.end()) return {};
  constexpr std::uint64_t kMostBytes = 256 << 20;  // far above the 20 MB of the largest known
  const std::vector<std::uint8_t> bytes = read_sample(found->second, {kMostBytes});
  std::istringstream text(std::string(bytes.begin(), bytes.end()));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) {
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<LabelledClip> read_manifest(const Members& members, const std::string& manifest) {
  std::vector<LabelledClip> clips;
  const std::vector<std::string> lines = lines_of(members, manifest);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    const nlohmann::json entry = nlohmann::json::parse(lines[i], nullptr, false);
    auto text = [&](const char* key) {
      if (!entry.is_object() || !entry.contains(key) || !entry[key].is_string())
        throw FormatError(fmt::format(
            "{}:{}: no text under \"{}\". Each line must be a JSON object with \"audio_filepath\" "
            "and \"command\".",
            manifest, i + 1, key));
      return entry[key].get<std::string>();
    };
    const std::string name = text("audio_filepath"), label = text("command");
    const auto found = members.find(name);
    if (found == members.end())
      throw UsageError(fmt::format(
          "{}:{}: {} is not there. Paths are relative to the folder of the manifest; put the file "
          "there or remove the line.",
          manifest, i + 1, printable(name)));
    clips.push_back({{found->second, name, {}}, label});
  }
  return clips;
}

std::string label_of(const std::string& folder, Vocabulary vocabulary) {
  if (vocabulary == Vocabulary::kAllWords || folder == kSilence) return folder;
  const bool is_command = std::find(kCommands.begin(), kCommands.end(), folder) != kCommands.end();
  return is_command ? folder : std::string(kUnknown);
}

Splits read_word_folders(const Members& members, Vocabulary vocabulary) {
  const std::vector<std::string> validation = lines_of(members, "validation_list.txt"),
                                 testing = lines_of(members, "testing_list.txt");
  const std::set<std::string> in_validation(validation.begin(), validation.end()),
      in_testing(testing.begin(), testing.end());
  Splits splits;
  for (const auto& [name, sample] : members) {
    const std::string folder = name.substr(0, name.find('/'));
    if (folder.size() == name.size() || folder == kNoise || folder.starts_with('.') ||
        !name.ends_with(".wav"))
      continue;
    const std::size_t split = in_testing.contains(name) ? 2 : in_validation.contains(name) ? 1 : 0;
    splits[split].push_back({{sample, name, {}}, label_of(folder, vocabulary)});
  }
  return splits;
}

std::size_t percent_of(std::size_t percent, std::size_t count) {
  return (count * percent + 99) / 100;
}

// Keeps `count` of the clips of unknown words. Those of a folder _unknown_ were chosen by others
// and stay.
void choose_unknown(std::vector<LabelledClip>& clips, std::size_t count, Random& random) {
  std::vector<std::size_t> words;
  for (std::size_t i = 0; i < clips.size(); ++i)
    if (clips[i].label == kUnknown && !clips[i].clip.name.starts_with(kUnknown)) words.push_back(i);
  std::vector<bool> is_left_out(clips.size());
  const std::vector<std::size_t> order = random.permutation(words.size());
  for (std::size_t i = count; i < order.size(); ++i) is_left_out[words[order[i]]] = true;
  std::vector<LabelledClip> kept;
  for (std::size_t i = 0; i < clips.size(); ++i)
    if (!is_left_out[i]) kept.push_back(std::move(clips[i]));
  clips = std::move(kept);
}

// Where a split may cut its silence: [begin, end) of one recording, in samples.
struct Region {
  Sample recording;
  std::string name;
  std::size_t begin, end;
};

std::vector<Region> regions_of(const Members& noise, std::size_t split, std::size_t shortest) {
  constexpr std::array<std::size_t, kSplits + 1> kBounds = {0, 80, 90, 100};  // per cent
  std::vector<Region> regions;
  for (const auto& [name, sample] : noise) {
    const std::size_t n = read_sound(read_sample(sample), printable(sample.name)).length();
    const Region region{sample, name, n * kBounds[split] / 100, n * kBounds[split + 1] / 100};
    if (region.end - region.begin >= shortest) regions.push_back(region);
  }
  return regions;
}

void add_silence(std::vector<LabelledClip>& clips, const std::vector<Region>& regions,
                 std::size_t count, std::size_t length, Random& random) {
  for (std::size_t i = 0; i < count; ++i) {
    const Region& region =
        regions[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(regions.size())))];
    const auto starts = static_cast<std::int64_t>(region.end - region.begin - length + 1);
    const std::size_t start = region.begin + static_cast<std::size_t>(random.below(starts));
    clips.push_back(
        {{region.recording, fmt::format("{}@{}", region.name, start), Piece{start, length}},
         std::string(kSilence)});
  }
}

// Unknown words and silence in proportion to the commands, as the 12-class task has them.
void complete_twelve(Splits& splits, const Members& noise, const SpeechOptions& options,
                     const Notice& notice) {
  for (std::size_t split = 0; split < kSplits; ++split) {
    std::vector<LabelledClip>& clips = splits[split];
    const auto commands = static_cast<std::size_t>(std::count_if(
        clips.begin(), clips.end(),
        [](const LabelledClip& c) { return c.label != kUnknown && c.label != kSilence; }));
    const bool has_silence =
        std::any_of(clips.begin(), clips.end(), [](const auto& c) { return c.label == kSilence; });
    Random random(mix_seed(options.seed, split));
    choose_unknown(clips, percent_of(options.unknown_percent, commands), random);
    const std::size_t silences = has_silence ? 0 : percent_of(options.silence_percent, commands);
    if (silences == 0) continue;
    const std::vector<Region> regions = regions_of(noise, split, options.silence_length);
    if (regions.empty())
      notice(fmt::format("no recording in {} is long enough to cut {} clips of silence from it",
                         kNoise, silences));
    else
      add_silence(clips, regions, silences, options.silence_length, random);
  }
}

SpeechCommands with_class_numbers(Splits splits) {
  std::map<std::string, std::size_t> numbers;
  for (const auto& clips : splits)
    for (const LabelledClip& clip : clips) numbers[clip.label];
  SpeechCommands data;
  for (auto& [label, number] : numbers) {
    number = data.classes.size();
    data.classes.push_back(label);
  }
  const std::array<std::vector<SpeechClip>*, kSplits> out = {&data.train, &data.validation,
                                                             &data.test};
  for (std::size_t split = 0; split < kSplits; ++split)
    for (LabelledClip& clip : splits[split]) {
      clip.clip.sample.class_index = numbers.at(clip.label);
      out[split]->push_back(std::move(clip.clip));
    }
  return data;
}

}  // namespace

SpeechCommands list_speech_commands(const Path& folder_or_tar, const SpeechOptions& options,
                                    const Notice& notice) {
  const Members members = members_of(folder_or_tar, notice);
  Members noise;
  for (const auto& [name, sample] : members)
    if (name.starts_with(std::string(kNoise) + "/") && name.ends_with(".wav"))
      noise.emplace(name, sample);

  Splits splits;
  const bool has_manifests =
      std::any_of(kManifests.begin(), kManifests.end(),
                  [&](const char* manifest) { return members.contains(manifest); });
  if (has_manifests) {
    for (std::size_t split = 0; split < kSplits; ++split)
      splits[split] = read_manifest(members, kManifests[split]);
  } else {
    splits = read_word_folders(members, options.vocabulary);
    if (options.vocabulary == Vocabulary::kTwelve) complete_twelve(splits, noise, options, notice);
  }
  SpeechCommands data = with_class_numbers(std::move(splits));
  if (data.classes.empty())
    throw UsageError(printable(folder_or_tar) +
                     ": has no clips of the wanted classes. There must be manifests "
                     "(train_manifest.json, ...) or "
                     "one folder of .wav files for each word, and for the 12 classes at least one "
                     "command among them.");
  for (const auto& [name, sample] : noise) data.noise.push_back(sample);
  return data;
}

Waveform read_clip(const SpeechClip& clip) {
  const std::string shown = printable(clip.sample.name);
  Waveform whole = read_sound(read_sample(clip.sample), shown);
  if (!clip.piece) return whole;
  const auto [start, length] = *clip.piece;
  const std::size_t n = whole.length();
  if (start > n || length > n - start)
    throw InputError(
        InputErrorKind::kDamaged,
        fmt::format("{}: has {} samples, but had more when it was listed: {} of them from {} are "
                    "needed. List the data again.",
                    shown, n, length, start));
  Waveform piece{whole.sample_rate, whole.channels, {}};
  for (std::size_t c = 0; c < whole.channels; ++c) {
    const auto begin = whole.samples.begin() + static_cast<std::ptrdiff_t>(c * n + start);
    piece.samples.insert(piece.samples.end(), begin, begin + static_cast<std::ptrdiff_t>(length));
  }
  return piece;
}

std::vector<std::size_t> class_counts(const std::vector<SpeechClip>& clips, std::size_t classes) {
  std::vector<std::size_t> counts(classes);
  for (const SpeechClip& clip : clips) ++counts[clip.sample.class_index];
  return counts;
}

std::uint64_t hash_of_list(const std::vector<SpeechClip>& clips,
                           const std::vector<std::string>& classes) {
  std::uint64_t hash = kEmptyHash;
  for (const SpeechClip& clip : clips)
    hash = hash_of_text(clip.name + '\t' + classes[clip.sample.class_index] + '\n', hash);
  return hash;
}

std::vector<std::size_t> reference_class_numbers(const std::vector<SpeechClip>& split) {
  std::set<std::size_t> present;
  for (const SpeechClip& clip : split) present.insert(clip.sample.class_index);
  std::vector<std::size_t> numbers;
  numbers.reserve(split.size());
  for (const SpeechClip& clip : split)
    numbers.push_back(static_cast<std::size_t>(
        std::distance(present.begin(), present.find(clip.sample.class_index))));
  return numbers;
}

}  // namespace byteformer
