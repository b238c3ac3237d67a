// The way of a picture to the bytes that a model sees, as a recipe describes it: read, augment or
// resize, encode, transform. Byte for byte the reference's, where no draw is involved.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "bytes/mask_positions.h"
#include "bytes/shuffle.h"
#include "codec/image.h"
#include "recipe/image_pipeline.h"

namespace byteformer {

// Where the random values of one file come from: those of its own (augmentation, noise, random
// order), and those that all files of a batch share (the window's order, where it is redrawn).
struct Draws {
  Random file;
  std::uint64_t batch = 0;
};

// Any number of threads may call it.
class ImageBytes {
 public:
  // Throws ConfigError where the pipeline's values do not go together.
  explicit ImageBytes(const ImagePipeline& pipeline);

  // Of a picture file's bytes; one that ends early is read as far as it goes where the pipeline
  // says so. Throws InputError as read_image(), UsageError for a picture that an encoding cannot
  // hold.
  std::vector<std::uint8_t> evaluation(std::span<const std::uint8_t> file, const std::string& name,
                                       Draws draws) const;
  std::vector<std::uint8_t> training(std::span<const std::uint8_t> file, const std::string& name,
                                     Draws draws) const;

  // The suffix that files of the encoding have: ".tiff", ".jpg", ".bin" for raw pixels.
  std::string suffix() const;

  // What the bytes are, as JSON text for the model's directory: encoding, size, transforms, and the
  // encoder's version where that decides bytes.
  std::string description() const;

 private:
  Image read(std::span<const std::uint8_t> file, const std::string& name) const;
  std::vector<std::uint8_t> encoded(const Image& image, Draws& draws) const;
  std::vector<std::uint8_t> masked(std::span<const std::uint8_t> bytes) const;

  ImagePipeline pipeline_;
  ByteShuffle shuffle_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const PositionMask> mask_;  // of the length met last
  mutable std::size_t mask_length_ = 0;
};

}  // namespace byteformer
