#include "recipe/schema.h"

namespace byteformer {

void add_data_keys(std::vector<Key>& keys) {
  using Data = Recipe::Data;
  Section<Data> data(keys, "dataset.", &Recipe::data);
  using Source = Data::Source;
  data.choice<Source>("name", &Data::source,
                      {{"files", Source::kFiles},
                       {"imagenet", Source::kImages},
                       {"speech_commands_v2", Source::kAudio},
                       {"pictures_and_sound", Source::kJoint}},
                      "what the samples are: files as they are, pictures in folders of classes, "
                      "clips of manifests, or pictures and the clips of dataset.sound together");
  data.text("root_train", &Data::train, "folder DIR/<class>/<file>, or a tar archive of these");
  data.text("root_val", &Data::validation, "the same for validation; empty: split off root_train");
  data.text("root_test", &Data::test, "the same for `eval`; empty: root_val");
  data.real("validation_share", &Data::validation_share, 0, 0.9,
            "share of root_train for validation where root_val is empty");
  data.count("train_batch_size0", &Data::batch, 1, "files a micro batch");
  data.count("workers", &Data::workers, 1, "threads that read ahead; never change the result");
  data.boolean("padded_batches", &Data::padded_batches,
               "the reference's padded batches instead of ragged ones");
  data.text("input", &Data::input, "what the bytes are, as a JSON object that the model carries");

  using Sound = Data::Sound;
  Section<Sound> sound(keys, "dataset.sound.", [](Recipe& r) -> Sound& { return r.data.sound; });
  sound.text("root_train", &Sound::train, "of pictures_and_sound: folder or tar of the clips");
  sound.text("root_val", &Sound::validation, "the same for validation; empty: as root_train says");
  sound.text("root_test", &Sound::test, "the same for `eval`; empty: root_val");
  sound.boolean("twelve_classes", &Sound::twelve,
                "ten commands, unknown words and silence; false: each word is a class");

  using Augmentation = Recipe::Augmentation;
  Section<Augmentation> augmentation(keys, "byte_augmentation.", &Recipe::augmentation);
  augmentation.boolean("flip", &Augmentation::flip,
                       "mirror a picture's rows, for half of the draws (uncompressed TIFF files)");
  augmentation.count("shift", &Augmentation::shift, 0,
                     "move a picture by up to so many pixels each way");
  augmentation.real("erase", &Augmentation::erase, 0, 1,
                    "probability of erasing a rectangle of a picture");

  using Wav = Augmentation::Wav;
  Section<Wav> wav(keys, "byte_augmentation.wav.",
                   [](Recipe& r) -> Wav& { return r.augmentation.wav; });
  wav.real("speed", &Wav::speed, 0, 0.5,
           "play a WAV file of 16-bit samples faster or slower by up to so large a share");
  wav.real("offset", &Wav::offset, 0, 60,
           "cut up to so many seconds off its beginning, or put silence before it");
  wav.real("gain", &Wav::gain, 0, 60, "make it louder or softer by up to so many decibels");
  wav.real("noise", &Wav::noise, 0, 10, "add white noise of up to so large a share of its rms");
}

}  // namespace byteformer
