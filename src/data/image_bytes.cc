#include "data/image_bytes.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "byteformer/error.h"
#include "bytes/byte_permutation.h"
#include "bytes/random_uniform.h"
#include "bytes/reference_seed.h"
#include "codec/encode_image.h"
#include "codec/read_image.h"
#include "codec/resize.h"
#include "data/horizontal_flip.h"
#include "data/rand_augment.h"
#include "data/random_erasing.h"
#include "data/random_resized_crop.h"

namespace byteformer {
namespace {

struct EncodingFacts {
  const char *name, *suffix;
};

// In the order of ImagePipeline::Encoding.
constexpr std::array<EncodingFacts, 5> kEncodings = {
    {{"fCHW", ".bin"}, {"fHWC", ".bin"}, {"TIFF", ".tiff"}, {"PNG", ".png"}, {"JPEG", ".jpg"}}};

const EncodingFacts& facts_of(ImagePipeline::Encoding encoding) {
  return kEncodings.at(static_cast<std::size_t>(encoding));
}

Interpolation interpolation_of(ImagePipeline::Interpolation interpolation) {
  return interpolation == ImagePipeline::Interpolation::kBicubic ? Interpolation::kBicubic
                                                                 : Interpolation::kBilinear;
}

ShuffleMode mode_of(ImagePipeline::ShuffleBytes::Mode mode) {
  using Mode = ImagePipeline::ShuffleBytes::Mode;
  switch (mode) {
    case Mode::kReverse:
      return ShuffleMode::kReverse;
    case Mode::kRandomShuffle:
      return ShuffleMode::kRandomShuffle;
    case Mode::kCyclicHalfLength:
      return ShuffleMode::kCyclicHalfLength;
    case Mode::kStride:
      return ShuffleMode::kStride;
    case Mode::kWindowShuffle:
      return ShuffleMode::kWindowShuffle;
  }
  return ShuffleMode::kReverse;
}

ByteShuffle shuffle_of(const ImagePipeline::ShuffleBytes& options, std::uint64_t seed) {
  Random random(seed);
  return ByteShuffle({mode_of(options.mode), options.stride, options.window}, random);
}

}  // namespace

ImageBytes::ImageBytes(const ImagePipeline& pipeline)
    : pipeline_(pipeline), shuffle_(shuffle_of(pipeline.shuffle_bytes, kReferenceSeed)) {
  if (!pipeline_.encode.enable)
    throw ConfigError(
        "image_augmentation.pil_save.enable is false, but a model reads the bytes of an encoding. "
        "Set it to true and choose image_augmentation.pil_save.file_encoding.");
}

std::vector<std::uint8_t> ImageBytes::evaluation(std::span<const std::uint8_t> file,
                                                 const std::string& name, Draws draws) const {
  const auto& [resize_to, crop_to] = std::tie(pipeline_.resize, pipeline_.center_crop);
  Image image = read(file, name);
  if (resize_to.enable && crop_to.enable)
    image = resize_and_center_crop(image, resize_to.size, crop_to.size,
                                   interpolation_of(resize_to.interpolation));
  else if (resize_to.enable)
    image = resize_shorter_side(image, resize_to.size, interpolation_of(resize_to.interpolation));
  else if (crop_to.enable)
    image = center_crop(image, crop_to.size);
  return encoded(image, draws);
}

std::vector<std::uint8_t> ImageBytes::training(std::span<const std::uint8_t> file,
                                               const std::string& name, Draws draws) const {
  Image image = read(file, name);
  const ImagePipeline& p = pipeline_;
  if (p.random_resized_crop.enable) {
    const auto& o = p.random_resized_crop;
    const CropRange range{{o.scale[0], o.scale[1]}, {o.aspect_ratio[0], o.aspect_ratio[1]}};
    const Box box = draw_crop(range, image.width, image.height, draws.file);
    image =
        resized_crop(image, box, p.crop_width, p.crop_height, interpolation_of(o.interpolation));
  }
  if (p.flip.enable && draw_flip(p.flip.p, draws.file)) flip_horizontally(image);
  if (p.rand_augment.enable) {
    const RandAugment options{p.rand_augment.operations, p.rand_augment.magnitude,
                              p.rand_augment.magnitude_bins};
    for (const AugmentStep& step :
         draw_rand_augment(options, image.width, image.height, draws.file))
      image = augmented(std::move(image), step);
  }
  if (p.random_erase.enable)
    if (const auto box =
            draw_random_erasing(p.random_erase.p, image.width, image.height, draws.file))
      erase_box(image, *box);
  return encoded(image, draws);
}

std::vector<std::uint8_t> ImageBytes::encoded(const Image& image, Draws& draws) const {
  const ImagePipeline& p = pipeline_;
  std::vector<std::uint8_t> bytes =
      encode_image(facts_of(p.encode.encoding).name, image, static_cast<int>(p.encode.quality));
  if (p.shuffle_bytes.enable)
    bytes = p.shuffle_bytes.redraw ? shuffle_of(p.shuffle_bytes, draws.batch)(bytes, draws.file)
                                   : shuffle_(bytes, draws.file);
  if (p.mask_positions.enable) bytes = masked(bytes);
  if (p.random_uniform.enable)
    add_random_uniform(bytes, p.random_uniform.width_range[0], p.random_uniform.width_range[1],
                       draws.file);
  if (p.permute_bytes) permute_bytes(bytes, reference_byte_permutation());
  return bytes;
}

// The kept positions follow from the length; drawing them anew for each file would cost more than
// the rest.
std::vector<std::uint8_t> ImageBytes::masked(std::span<const std::uint8_t> bytes) const {
  std::shared_ptr<const PositionMask> mask;
  {
    const std::lock_guard lock(mutex_);
    if (mask_ == nullptr || mask_length_ != bytes.size()) {
      mask_ = std::make_shared<const PositionMask>(bytes.size(),
                                                   pipeline_.mask_positions.keep_fraction);
      mask_length_ = bytes.size();
    }
    mask = mask_;
  }
  return (*mask)(bytes);
}

Image ImageBytes::read(std::span<const std::uint8_t> file, const std::string& name) const {
  ImageOptions options;
  options.truncated = pipeline_.read_truncated;
  return read_image(file, name, options);
}

std::string ImageBytes::suffix() const { return facts_of(pipeline_.encode.encoding).suffix; }

std::string ImageBytes::description() const {
  const ImagePipeline& p = pipeline_;
  const std::string name = facts_of(p.encode.encoding).name;
  nlohmann::json facts = {{"encoding", name}};
  if (p.encode.encoding == ImagePipeline::Encoding::kJpeg) facts["quality"] = p.encode.quality;
  if (const std::string version = encoder_version(name); !version.empty())
    facts["encoder"] = version;
  if (p.resize.enable) facts["resize"] = p.resize.size;
  if (p.center_crop.enable) facts["crop"] = p.center_crop.size;
  if (p.shuffle_bytes.enable) {
    constexpr std::array<const char*, 5> kModes = {
        "reverse", "random_shuffle", "cyclic_half_length", "stride", "window_shuffle"};
    facts["shuffle_bytes"] = kModes.at(static_cast<std::size_t>(p.shuffle_bytes.mode));
  }
  if (p.mask_positions.enable) facts["keep_fraction"] = p.mask_positions.keep_fraction;
  if (p.random_uniform.enable) facts["random_uniform"] = p.random_uniform.width_range;
  if (p.permute_bytes) facts["byte_permutation"] = true;
  return facts.dump();
}

}  // namespace byteformer
