#include "data/image_bytes.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "byteformer/error.h"
#include "tests/golden_bytes.h"

namespace byteformer {
namespace {

using Encoding = ImagePipeline::Encoding;
using Bytes = std::vector<std::uint8_t>;

ImagePipeline evaluation_pipeline(Encoding encoding) {
  ImagePipeline p;
  p.resize = {true, 256, ImagePipeline::Interpolation::kBicubic};
  p.center_crop = {true, 224};
  p.encode = {true, encoding, 100};
  p.read_truncated = true;
  return p;
}

Draws draws_of(std::uint64_t seed) { return {Random(seed), seed}; }

Bytes picture(const char* name) {
  return golden::bytes_of(std::string("eval_images/files/") + name);
}

TEST(ImageBytes, AFileBecomesTheReferencesBytesWhateverItsFormat) {
  const ImageBytes raw(evaluation_pipeline(Encoding::kFhwc));
  std::size_t compared = 0;
  for (const auto& entry : golden::index_of("eval_images", "files")) {
    const std::string name = entry["source"]["file"];
    if (!entry["readable"] || name.find("bad_idat") != std::string::npos) continue;
    const Bytes bytes = raw.evaluation(golden::bytes_of("eval_images/" + name), name, draws_of(1));
    EXPECT_EQ(golden::sha256(bytes), entry["256_224"]["sha256"]) << name;
    ++compared;
  }
  EXPECT_GT(compared, 35U);
}

TEST(ImageBytes, EncodingsHaveTheReferencesLengths) {
  const Bytes file = picture("jpeg_420.jpg");
  for (const auto& [encoding, length] :
       {std::pair{Encoding::kFchw, 150528U}, {Encoding::kTiff, 150668U}, {Encoding::kPng, 150864U}})
    EXPECT_EQ(ImageBytes(evaluation_pipeline(encoding)).evaluation(file, "", draws_of(1)).size(),
              length);
}

TEST(ImageBytes, TransformsComeAfterTheEncodingInTheReferencesOrder) {
  const Bytes file = picture("jpeg_420.jpg");
  ImagePipeline p = evaluation_pipeline(Encoding::kFhwc);
  const Bytes plain = ImageBytes(p).evaluation(file, "", draws_of(1));
  p.shuffle_bytes.enable = true;  // reversed
  p.mask_positions = {true, 0.5};
  const Bytes both = ImageBytes(p).evaluation(file, "", draws_of(1));
  const PositionMask mask(plain.size(), 0.5);
  ASSERT_EQ(both.size(), plain.size() / 2);
  for (std::size_t i = 0; i < both.size(); ++i)
    ASSERT_EQ(both[i], plain[plain.size() - 1 - mask.kept()[i]]) << "shuffled, then masked";
}

TEST(ImageBytes, TrainingDrawsFromItsSeedAlone) {
  const Bytes file = picture("jpeg_420.jpg");
  ImagePipeline p;
  p.crop_width = p.crop_height = 48;
  p.random_resized_crop.enable = p.flip.enable = p.rand_augment.enable = p.random_erase.enable =
      true;
  p.encode = {true, Encoding::kTiff, 100};
  const ImageBytes bytes(p);
  EXPECT_EQ(bytes.training(file, "", draws_of(1)), bytes.training(file, "", draws_of(1)));
  EXPECT_NE(bytes.training(file, "", draws_of(1)), bytes.training(file, "", draws_of(2)));
  EXPECT_EQ(bytes.training(file, "", draws_of(1)).size(), 140U + 3 * 48 * 48);
}

TEST(ImageBytes, TheWindowShuffleIsOneUnlessItIsRedrawnForEachBatch) {
  const Bytes file = picture("jpeg_420.jpg");
  ImagePipeline p = evaluation_pipeline(Encoding::kFhwc);
  p.shuffle_bytes = {true, ImagePipeline::ShuffleBytes::Mode::kWindowShuffle, 1024, 1024, false};
  const ImageBytes fixed(p);
  EXPECT_EQ(fixed.evaluation(file, "", {Random(1), 1}), fixed.evaluation(file, "", {Random(2), 2}));
  p.shuffle_bytes.redraw = true;
  const ImageBytes redrawn(p);
  EXPECT_EQ(redrawn.evaluation(file, "", {Random(1), 7}),
            redrawn.evaluation(file, "", {Random(2), 7}));
  EXPECT_NE(redrawn.evaluation(file, "", {Random(1), 7}),
            redrawn.evaluation(file, "", {Random(1), 8}));
}

TEST(ImageBytes, SaysWhatItsBytesAre) {
  ImagePipeline p = evaluation_pipeline(Encoding::kJpeg);
  p.mask_positions = {true, 0.1};
  const auto facts = nlohmann::json::parse(ImageBytes(p).description());
  EXPECT_EQ(facts["encoding"], "JPEG");
  EXPECT_EQ(facts["quality"], 100);
  EXPECT_EQ(facts["crop"], 224);
  EXPECT_EQ(facts["keep_fraction"], 0.1);
  EXPECT_NE(facts["encoder"].get<std::string>().find("libjpeg"), std::string::npos);
}

TEST(ImageBytes, APictureThatEndsEarlyIsDamagedUnlessItIsToBeReadAsTheReferenceDoes) {
  const Bytes file = picture("jpeg_truncated.jpg");
  ImagePipeline p = evaluation_pipeline(Encoding::kFhwc);
  EXPECT_EQ(ImageBytes(p).evaluation(file, "", draws_of(1)).size(), 3U * 224 * 224);
  p.read_truncated = false;
  EXPECT_THROW(ImageBytes(p).evaluation(file, "", draws_of(1)), InputError);
}

TEST(ImageBytes, APictureThatCannotBeReadIsDamaged) {
  const ImageBytes raw(evaluation_pipeline(Encoding::kFhwc));
  EXPECT_THROW(raw.evaluation(Bytes(100, 'x'), "x", draws_of(1)), InputError);
  EXPECT_THROW(ImageBytes(ImagePipeline{}), ConfigError) << "no encoding";
}

}  // namespace
}  // namespace byteformer
