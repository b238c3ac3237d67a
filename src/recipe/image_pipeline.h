// How pictures become the bytes that a model learns from: augmentation, encoding, byte transforms.
//
// The fields are the reference's options `image_augmentation.*` and `sampler.bs.*`, and their
// defaults its parser's. Order while training: random resized crop, flip, RandAugment, to [0, 1],
// random erase; while evaluating: resize, centre crop. Then, always: encode, shuffle bytes, mask
// positions, add uniform noise, permute byte values.
#pragma once

#include <array>
#include <cstddef>

namespace byteformer {

struct ImagePipeline {
  enum class Interpolation { kBilinear, kBicubic };
  enum class Encoding { kFchw, kFhwc, kTiff, kPng, kJpeg };

  // Read what is there of a picture that ends early, as the reference does; else it is damaged.
  bool read_truncated = false;

  std::size_t crop_width = 256, crop_height = 256;  // of training pictures, pixels (sampler.bs)

  struct RandomResizedCrop {
    bool enable = false;
    Interpolation interpolation = Interpolation::kBilinear;
    std::array<double, 2> scale = {0.08, 1};               // share of the area, from and to
    std::array<double, 2> aspect_ratio = {0.75, 4.0 / 3};  // width over height, from and to
  } random_resized_crop;

  struct RandomHorizontalFlip {
    bool enable = false;
    double p = 0.5;
  } flip;

  struct RandAugment {
    bool enable = false;
    std::size_t operations = 2;       // a picture, of 14, with replacement
    std::size_t magnitude = 9;        // a bin, from 0
    std::size_t magnitude_bins = 31;  // from no change to the strongest
    Interpolation interpolation = Interpolation::kBilinear;
  } rand_augment;

  struct RandomErase {
    bool enable = false;
    double p = 0.5;
  } random_erase;

  struct Resize {
    bool enable = false;
    std::size_t size = 256;  // pixels of the shorter side
    Interpolation interpolation = Interpolation::kBilinear;
  } resize;

  struct CenterCrop {
    bool enable = false;
    std::size_t size = 224;  // pixels of both sides
  } center_crop;

  struct Encode {  // pil_save
    bool enable = false;
    Encoding encoding = Encoding::kTiff;
    std::size_t quality = 100;  // of JPEG, 1 to 100
  } encode;

  struct ShuffleBytes {
    enum class Mode { kReverse, kRandomShuffle, kCyclicHalfLength, kStride, kWindowShuffle };
    bool enable = false;
    Mode mode = Mode::kReverse;
    std::size_t stride = 1024;  // bytes
    std::size_t window = 1024;  // bytes
    // Another permutation of the window in each batch, as the reference draws it, instead of one.
    bool redraw = false;
  } shuffle_bytes;

  struct MaskPositions {
    bool enable = false;
    double keep_fraction = 0.5;  // of a file's bytes, always the same positions
  } mask_positions;

  struct RandomUniform {
    bool enable = false;
    std::array<int, 2> width_range = {-5, 5};  // added to each byte modulo 256; both ends included
  } random_uniform;

  bool permute_bytes = false;  // by the reference's one permutation of the 256 values
};

}  // namespace byteformer
