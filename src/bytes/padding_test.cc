#include "bytes/padding.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>

#include "byteformer/error.h"
#include "bytes/byte_permutation.h"
#include "bytes/random_uniform.h"
#include "bytes/shuffle.h"
#include "codec/tiff.h"
#include "tests/golden_bytes.h"

namespace byteformer {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Files = std::vector<Bytes>;

std::vector<std::int32_t> recorded_ids(const nlohmann::json& output) {
  const Bytes raw = golden::bytes_of("byte_transforms/" + output["file"].get<std::string>());
  std::vector<std::int32_t> ids(raw.size() / 4);
  std::memcpy(ids.data(), raw.data(), raw.size());
  return ids;
}

// The three pictures of the recorded batches, [3, height, width] each, as bytes.
Files fchw_files() {
  constexpr std::array<std::size_t, 3> kElements = {192, 189, 48};
  const Bytes raw = golden::bytes_of("byte_transforms/collate/images_3x8x8_3x9x7_3x4x4.f32");
  Files files;
  std::size_t at = 0;
  for (const std::size_t elements : kElements) {
    std::vector<float> values(elements);
    std::memcpy(values.data(), raw.data() + at, elements * sizeof(float));
    at += elements * sizeof(float);
    Bytes& file = files.emplace_back();
    for (const float value : values) file.push_back(static_cast<std::uint8_t>(value * 255));
  }
  EXPECT_EQ(at, raw.size());
  return files;
}

Files tiff_files() {
  constexpr std::array<std::size_t, 3> kHeights = {8, 9, 4}, kWidths = {8, 7, 4};
  Files files = fchw_files();
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::size_t pixels = kHeights[i] * kWidths[i];
    Bytes rgb;
    for (std::size_t at = 0; at < 3 * pixels; ++at)
      rgb.push_back(files[i][at % 3 * pixels + at / 3]);
    files[i] = encode_tiff(rgb, kWidths[i], kHeights[i]);
  }
  return files;
}

// What the reference's JPEG encoder gave is taken from the record: its rows without their padding.
Files jpeg_files(const nlohmann::json& golden_case) {
  const std::vector<std::int32_t> ids = recorded_ids(golden_case["output"]);
  const std::size_t length = golden_case["shape"][1];
  Files files(golden_case["shape"][0].get<std::size_t>());
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (ids[i] >= 0) files[i / length].push_back(static_cast<std::uint8_t>(ids[i]));
  return files;
}

// One batch as the reference's collate step makes it, after the encoding.
std::vector<std::int32_t> collate(Files files, const nlohmann::json& options, Random& random) {
  auto is_on = [&](const std::string& transform) {
    return options.contains("image_augmentation." + transform + ".enable");
  };
  if (is_on("shuffle_bytes")) {
    const ShuffleOptions shuffle_options =
        options["image_augmentation.shuffle_bytes.mode"] == "random_shuffle"
            ? ShuffleOptions{.mode = ShuffleMode::kRandomShuffle}
            : ShuffleOptions{
                  .mode = ShuffleMode::kWindowShuffle,
                  .window_size = options["image_augmentation.shuffle_bytes.window_size"]};
    const ByteShuffle shuffle(shuffle_options, random);
    for (Bytes& file : files) file = shuffle(file, random);
  }
  if (is_on("random_uniform")) {
    const auto range = options.value("image_augmentation.random_uniform.width_range",
                                     std::array<std::int32_t, 2>{-5, 5});  // the default
    for (Bytes& file : files) add_random_uniform(file, range[0], range[1], random);
  }
  if (is_on("byte_permutation"))
    for (Bytes& file : files) permute_bytes(file, reference_byte_permutation());
  return pad_to_longest(files).ids;
}

TEST(Padding, GivesTheReferencesBatchesAfterEveryOtherTransform) {
  std::size_t held = 0;
  for (const auto& c : golden::index_of("byte_transforms", "collate")) {
    const std::string name = c["name"];
    const Files files = name.starts_with("fchw")   ? fchw_files()
                        : name.starts_with("tiff") ? tiff_files()
                                                   : jpeg_files(c);
    Random random(c["torch_manual_seed"].get<std::uint64_t>());
    for (const char* output : {"output", "second_output"}) {  // the generator goes on
      EXPECT_EQ(collate(files, c["options"], random), recorded_ids(c[output]))
          << name << ", " << output;
      ++held;
    }
  }
  EXPECT_EQ(held, 8U);
}

TEST(Padding, FillsUpToTheLongestFile) {
  const PaddedBatch batch = pad_to_longest(Files{{1, 2}, {}, {255}});
  EXPECT_EQ(batch.files, 3U);
  EXPECT_EQ(batch.length, 2U);
  EXPECT_EQ(batch.ids, (std::vector<std::int32_t>{1, 2, -1, -1, 255, -1}));
}

TEST(Padding, OfNoFileOrEmptyFilesIsEmpty) {
  EXPECT_TRUE(pad_to_longest({}).ids.empty());
  EXPECT_TRUE(pad_to_longest(Files(3)).ids.empty());
}

TEST(Padding, RefusesABatchThatWouldNotFitIntoMemory) {
  Files files(1025);  // 2 MiB of bytes, but 8 GiB of ids
  files[7].resize(kMostPaddedIds / 1024);
  EXPECT_THROW(pad_to_longest(files), UsageError);
}

}  // namespace
}  // namespace byteformer
