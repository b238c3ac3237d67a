// The Speech Commands data set (Warden, 2018): which clips there are, in which split, of which
// class.
//
// Two layouts are read, from a folder or an uncompressed tar archive of it:
//   - the reference's manifests, {train,validation,test}_manifest.json: one JSON object a line with
//     "audio_filepath" (relative to the folder) and "command", which is the class. Other keys are
//     ignored. Unknown words and silence must be in the manifests already.
//   - the archive's own: one folder a word, validation_list.txt and testing_list.txt; what is in
//     neither list is for training. Without lists (the archive of the 12-class test set) all is in
//     `train`. Silence is cut from _background_noise_ here, and unknown words are chosen.
//
// Class numbers belong to the model, so there is one list of classes, sorted, of all splits
// together. The reference numbers each split by its own manifest: there a class that one split
// lacks shifts the numbers after it. reference_class_numbers() gives those.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "codec/waveform.h"
#include "files/class_folder.h"

namespace byteformer {

// A part of a longer recording.
struct Piece {
  std::size_t start, length;  // in samples
};

struct SpeechClip {
  Sample sample;     // class_index is into SpeechCommands::classes
  std::string name;  // within the data set: "yes/0a7c2a8d_nohash_0.wav"; of a piece with "@start"
  std::optional<Piece> piece;  // of a recording of background noise; none: the whole file
};

enum class Vocabulary {
  kTwelve,    // ten commands, "_silence_" and "_unknown_" (all other words)
  kAllWords,  // each word is a class: 35 in version 0.02 of the data set, 30 in 0.01
};

// Of the archive's own layout. The defaults are those of the 12-class task.
struct SpeechOptions {
  Vocabulary vocabulary = Vocabulary::kTwelve;
  std::size_t unknown_percent = 10;  // of a split's clips of commands, rounded up
  std::size_t silence_percent = 10;
  std::size_t silence_length = 16000;  // samples
  std::uint64_t seed = 0;              // decides which unknown words and which silence
};

struct SpeechCommands {
  std::vector<std::string> classes;  // sorted by bytes: the union over the splits
  // Sorted by name, silence last; by manifest as they stand there.
  std::vector<SpeechClip> train, validation, test;
  std::vector<Sample> noise;  // .wav files below _background_noise_, sorted by name
};

// The same folder and options give the same clips everywhere. Silence of a split is cut from its
// own part of each recording: the first 80 % for training, 10 % for validation, 10 % for testing.
// Throws UsageError (nothing there, a file of a manifest that is missing), FormatError with the
// manifest's line, IoError or InputError.
SpeechCommands list_speech_commands(const Path& folder_or_tar, const SpeechOptions& options,
                                    const Notice& notice);

// The samples of one clip, all channels, not resampled. Throws InputError.
Waveform read_clip(const SpeechClip& clip);

std::vector<std::size_t> class_counts(const std::vector<SpeechClip>& clips, std::size_t classes);

// Of names and classes in order: two lists with one hash are the same list, wherever their folders
// lie.
std::uint64_t hash_of_list(const std::vector<SpeechClip>& clips,
                           const std::vector<std::string>& classes);

// The reference's number of each clip's class: its place among the classes of this split alone.
std::vector<std::size_t> reference_class_numbers(const std::vector<SpeechClip>& split);

}  // namespace byteformer
