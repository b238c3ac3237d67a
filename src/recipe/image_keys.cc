#include "recipe/schema.h"

namespace byteformer {
namespace {

constexpr std::size_t kMaxSide = 65535;                 // JPEG's largest
constexpr std::size_t kMaxFile = std::size_t{1} << 32;  // TIFF's and PNG's offsets have 32 bits

using Images = ImagePipeline;

const std::vector<std::pair<std::string, Images::Interpolation>> kInterpolations = {
    {"bilinear", Images::Interpolation::kBilinear}, {"bicubic", Images::Interpolation::kBicubic}};

void add_augmentation_keys(std::vector<Key>& keys) {
  Section<Images> reading(keys, "image_augmentation.", &Recipe::images);
  reading.boolean("read_truncated", &Images::read_truncated,
                  "read what is there of a picture that ends early, as the reference; else it is "
                  "damaged");

  Section<Images> sampler(keys, "sampler.bs.", &Recipe::images);
  sampler.count("crop_size_width", &Images::crop_width, 1, "pixels of training pictures", kMaxSide);
  sampler.count("crop_size_height", &Images::crop_height, 1, "pixels of training pictures",
                kMaxSide);

  using Crop = Images::RandomResizedCrop;
  Section<Crop> crop(keys, "image_augmentation.random_resized_crop.",
                     [](Recipe& r) -> Crop& { return r.images.random_resized_crop; });
  crop.boolean("enable", &Crop::enable, "train on random parts, resized to the sampler's size");
  crop.choice("interpolation", &Crop::interpolation, kInterpolations, "of the resize");
  crop.range("scale", &Crop::scale, 1e-4, 1.0, "share of the picture's area");
  crop.range("aspect_ratio", &Crop::aspect_ratio, 0.01, 100.0, "width over height");

  using Flip = Images::RandomHorizontalFlip;
  Section<Flip> flip(keys, "image_augmentation.random_horizontal_flip.",
                     [](Recipe& r) -> Flip& { return r.images.flip; });
  flip.boolean("enable", &Flip::enable, "mirror pictures");
  flip.real("p", &Flip::p, 0, 1, "probability");

  using RandAugment = Images::RandAugment;
  Section<RandAugment> rand_augment(
      keys, "image_augmentation.rand_augment.",
      [](Recipe& r) -> RandAugment& { return r.images.rand_augment; });
  rand_augment.boolean("enable", &RandAugment::enable, "apply random operations");
  rand_augment.count("num_ops", &RandAugment::operations, 0, "operations a picture", 100);
  rand_augment.count("magnitude", &RandAugment::magnitude, 0, "strength: a bin, counted from 0",
                     1000);
  rand_augment.count("num_magnitude_bins", &RandAugment::magnitude_bins, 2, "bins of strength",
                     1001);
  rand_augment.choice("interpolation", &RandAugment::interpolation, kInterpolations,
                      "of shear, translation and rotation");

  using Erase = Images::RandomErase;
  Section<Erase> erase(keys, "image_augmentation.random_erase.",
                       [](Recipe& r) -> Erase& { return r.images.random_erase; });
  erase.boolean("enable", &Erase::enable, "set a rectangle to 0");
  erase.real("p", &Erase::p, 0, 1, "probability");

  using Resize = Images::Resize;
  Section<Resize> resize(keys, "image_augmentation.resize.",
                         [](Recipe& r) -> Resize& { return r.images.resize; });
  resize.boolean("enable", &Resize::enable, "resize pictures for evaluation");
  resize.count("size", &Resize::size, 1, "pixels of the shorter side", kMaxSide);
  resize.choice("interpolation", &Resize::interpolation, kInterpolations, "of the resize");

  using CenterCrop = Images::CenterCrop;
  Section<CenterCrop> center(keys, "image_augmentation.center_crop.",
                             [](Recipe& r) -> CenterCrop& { return r.images.center_crop; });
  center.boolean("enable", &CenterCrop::enable, "evaluate on the middle of pictures");
  center.count("size", &CenterCrop::size, 1, "pixels of both sides", kMaxSide);
}

void add_byte_keys(std::vector<Key>& keys) {
  using Encode = Images::Encode;
  Section<Encode> encode(keys, "image_augmentation.pil_save.",
                         [](Recipe& r) -> Encode& { return r.images.encode; });
  encode.boolean("enable", &Encode::enable, "encode pictures as files");
  encode.choice<Images::Encoding>("file_encoding", &Encode::encoding,
                                  {{"fCHW", Images::Encoding::kFchw},
                                   {"fHWC", Images::Encoding::kFhwc},
                                   {"TIFF", Images::Encoding::kTiff},
                                   {"PNG", Images::Encoding::kPng},
                                   {"JPEG", Images::Encoding::kJpeg}},
                                  "of the bytes that the model reads");
  encode.count("quality", &Encode::quality, 1, "of JPEG", 100);

  using Shuffle = Images::ShuffleBytes;
  Section<Shuffle> shuffle(keys, "image_augmentation.shuffle_bytes.",
                           [](Recipe& r) -> Shuffle& { return r.images.shuffle_bytes; });
  shuffle.boolean("enable", &Shuffle::enable, "change the order of a file's bytes");
  shuffle.choice<Shuffle::Mode>("mode", &Shuffle::mode,
                                {{"reverse", Shuffle::Mode::kReverse},
                                 {"random_shuffle", Shuffle::Mode::kRandomShuffle},
                                 {"cyclic_half_length", Shuffle::Mode::kCyclicHalfLength},
                                 {"stride", Shuffle::Mode::kStride},
                                 {"window_shuffle", Shuffle::Mode::kWindowShuffle}},
                                "new order");
  shuffle.count("stride", &Shuffle::stride, 1, "bytes, of mode stride", kMaxFile);
  shuffle.count("window_size", &Shuffle::window, 1, "bytes, of mode window_shuffle", kMaxFile);
  shuffle.boolean("redraw", &Shuffle::redraw,
                  "another permutation of the window in each batch, as the reference; else one");

  using Mask = Images::MaskPositions;
  Section<Mask> mask(keys, "image_augmentation.mask_positions.",
                     [](Recipe& r) -> Mask& { return r.images.mask_positions; });
  mask.boolean("enable", &Mask::enable, "keep only some positions, the same in every file");
  mask.real("keep_frac", &Mask::keep_fraction, 0, 1, "share of the bytes that is kept");

  using Uniform = Images::RandomUniform;
  Section<Uniform> uniform(keys, "image_augmentation.random_uniform.",
                           [](Recipe& r) -> Uniform& { return r.images.random_uniform; });
  uniform.boolean("enable", &Uniform::enable, "add uniform noise to bytes, modulo 256");
  uniform.range("width_range", &Uniform::width_range, -255, 255,
                "of the noise, both ends included");

  Section<Images> images(keys, "image_augmentation.", &Recipe::images);
  images.boolean("byte_permutation.enable", &Images::permute_bytes,
                 "replace byte values by the reference's permutation");
}

}  // namespace

void add_image_keys(std::vector<Key>& keys) {
  add_augmentation_keys(keys);
  add_byte_keys(keys);
}

}  // namespace byteformer
