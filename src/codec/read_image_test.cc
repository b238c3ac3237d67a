#include "codec/read_image.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "byteformer/error.h"
#include "codec/encode_image.h"
#include "tests/golden_bytes.h"

namespace byteformer {
namespace {

using Bytes = std::vector<std::uint8_t>;
using nlohmann::json;

constexpr ImageOptions kTruncated{.truncated = true};

// The golden pictures: each file with its recorded RGB.
json golden_pictures() { return golden::index_of("eval_images", "files"); }

Bytes golden_file(const json& picture) {
  return golden::bytes_of("eval_images/" + picture["source"]["file"].get<std::string>());
}

InputErrorKind kind_of_failure(const Bytes& file, const ImageOptions& options = {}) {
  try {
    read_image(file, "x", options);
  } catch (const InputError& error) {
    return error.kind();
  }
  ADD_FAILURE() << "was read";
  return InputErrorKind::kLoop;
}

std::string message_of_failure(const Bytes& file) {
  try {
    read_image(file, "holiday.jpg");
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

Bytes text(const std::string& characters) { return {characters.begin(), characters.end()}; }

void expect_golden(const json& picture, const Image& image) {
  EXPECT_EQ(image.width, picture["width"]) << picture["source"]["file"];
  EXPECT_EQ(image.height, picture["height"]) << picture["source"]["file"];
  EXPECT_EQ(golden::sha256(image.rgb), picture["decoded"]["sha256"]) << picture["source"]["file"];
}

TEST(ReadImage, GivesThePixelsThatTheReferenceSeesInEveryGoldenPicture) {
  std::size_t held = 0;
  for (const auto& picture : golden_pictures()) {
    if (!picture["readable"]) continue;
    expect_golden(picture, read_image(golden_file(picture), "x", kTruncated));
    ++held;
  }
  EXPECT_EQ(held, 41U);
}

TEST(ReadImage, RefusesWhatTheReferenceRefusesByDefaultAndReadsAllElse) {
  std::size_t refused = 0;
  for (const auto& picture : golden_pictures()) {
    const Bytes file = golden_file(picture);
    if (picture["readable_with_pillow_defaults"]) {
      expect_golden(picture, read_image(file, "x"));
    } else {
      EXPECT_EQ(kind_of_failure(file),
                file.empty() ? InputErrorKind::kEmpty : InputErrorKind::kDamaged)
          << picture["source"]["file"];
      ++refused;
    }
  }
  EXPECT_EQ(refused, 4U);
}

TEST(ReadImage, GivesBackWhatWasEncoded) {
  Image image{70, 33, Bytes(std::size_t{3} * 70 * 33)};
  Random random(1);
  for (auto& value : image.rgb) value = static_cast<std::uint8_t>(random.next());
  for (const char* encoding : {"TIFF", "PNG"}) {
    const Image read = read_image(encode_image(encoding, image), "x");
    EXPECT_EQ(read.width, image.width) << encoding;
    EXPECT_EQ(read.rgb, image.rgb) << encoding;
  }
}

TEST(ReadImage, RefusesADeclaredSizeAboveTheLimitBeforeMemoryIsTaken) {
  std::size_t held = 0;
  for (const auto& picture : golden_pictures()) {
    if (!picture["readable"]) continue;
    const std::uint64_t pixels =
        picture["width"].get<std::uint64_t>() * picture["height"].get<std::uint64_t>();
    const Bytes file = golden_file(picture);
    EXPECT_EQ(kind_of_failure(file, {.truncated = true, .max_pixels = pixels - 1}),
              InputErrorKind::kTooLarge)
        << picture["source"]["file"];
    EXPECT_NO_THROW(read_image(file, "x", {.truncated = true, .max_pixels = pixels}));
    ++held;
  }
  EXPECT_EQ(held, 41U);
  EXPECT_EQ(kind_of_failure(text("P6 178956971 1 255 ")), InputErrorKind::kDamaged)
      << "shorter than its pixels";
  EXPECT_EQ(kind_of_failure(text("P6 178956971 1 255 "), kTruncated), InputErrorKind::kTooLarge);
}

TEST(ReadImage, SaysWhichBytesItMetAndWhichFormatsItReads) {
  const std::string message = message_of_failure(text("<html>no picture</html>"));
  EXPECT_NE(message.find("holiday.jpg"), std::string::npos) << message;
  EXPECT_NE(message.find("3c 68 74 6d"), std::string::npos) << message;
  EXPECT_NE(message.find("JPEG, PNG, TIFF, WebP, GIF, BMP"), std::string::npos) << message;
}

// Every way of storing the same few pixels in the formats that are read here without a library.
// Expected values: Pillow's.
struct Stored {
  const char* what;
  std::string file;
  Bytes rgb;
};

void expect_stored(const std::vector<Stored>& all) {
  for (const Stored& stored : all)
    EXPECT_EQ(read_image(text(stored.file), "x").rgb, stored.rgb) << stored.what;
}

std::string bytes(std::initializer_list<int> values) { return {values.begin(), values.end()}; }

TEST(ReadPnm, ReadsPlainAndBinaryWithAnyLargestValue) {
  expect_stored({
      {"plain bits without blanks", "P1\n# a comment\n3 1\n101", {0, 0, 0, 255, 255, 255, 0, 0, 0}},
      {"plain gray", "P2 2 1 100 50 100", {128, 128, 128, 255, 255, 255}},
      {"plain colour, comment within", "P3 1 1 255 1 2#x\n\n3", {1, 2, 3}},
      {"bits: a row begins at a byte", "P4 1 2\n\x7F\x80", {255, 255, 255, 0, 0, 0}},
      {"gray", "P5 2 1 255\n\x01\x02", {1, 1, 1, 2, 2, 2}},
      {"colour of a small maximum", "P6 1 1 7 " + bytes({0, 3, 7}), {0, 109, 255}},
      {"colour of 16 bits", "P6 1 1 65535 " + bytes({1, 0, 255, 255, 0, 9}), {1, 255, 0}},
      {"gray of 16 bits is clipped",
       "P5 2 1 65535 " + bytes({0, 7, 1, 0}),
       {7, 7, 7, 255, 255, 255}},
  });
}

TEST(ReadPnm, RefusesHeadersAndValuesThatCannotBe) {
  for (const char* file :
       {"P6", "P6 ", "P6 1", "P6 1 1", "P6 1 1 0 abc", "P6 1 1 65536 abcdef", "P6 0 1 255 ",
        "P6 -1 1 255 abc", "P2 1 1 9 10", "P2 1 1 9 x", "P2 1 1 9", "P1 1 1 2", "P5 2 2 255 abc",
        "P6 99999999999999999999 1 255 abc"})
    EXPECT_EQ(kind_of_failure(text(file)), InputErrorKind::kDamaged) << file;
}

// A bitmap file with a header of 40 bytes.
std::string bmp(int width, int height, int bits, int compression, const std::string& behind_header,
                std::size_t pixels) {
  const auto u32 = [](int v) {
    return bytes({v & 255, v >> 8 & 255, v >> 16 & 255, v >> 24 & 255});
  };
  const std::size_t pixels_at = 54 + behind_header.size() - pixels;
  return "BM" + u32(0) + u32(0) + u32(static_cast<int>(pixels_at)) + u32(40) + u32(width) +
         u32(height) + bytes({1, 0, bits, 0}) + u32(compression) + std::string(12, '\0') + u32(2) +
         u32(0) + behind_header;
}

TEST(ReadBmp, ReadsEveryDepthBothDirectionsAndRuns) {
  const std::string palette = bytes({1, 2, 3, 0, 10, 20, 30, 0});  // blue, green, red, nothing
  const Bytes first = {3, 2, 1}, second = {30, 20, 10};
  const auto row = [&](std::initializer_list<int> indices) {
    Bytes rgb;
    for (const int i : indices)
      rgb.insert(rgb.end(), (i ? second : first).begin(), (i ? second : first).end());
    return rgb;
  };
  expect_stored({
      {"1 bit", bmp(3, 1, 1, 0, palette + bytes({0x40, 0, 0, 0}), 4), row({0, 1, 0})},
      {"4 bits", bmp(3, 1, 4, 0, palette + bytes({0x01, 0x10, 0, 0}), 4), row({0, 1, 1})},
      {"8 bits, from below", bmp(1, 2, 8, 0, palette + bytes({1, 0, 0, 0, 0, 0, 0, 0}), 8),
       row({0, 1})},
      {"8 bits, from above", bmp(1, -2, 8, 0, palette + bytes({1, 0, 0, 0, 0, 0, 0, 0}), 8),
       row({1, 0})},
      {"an index without a colour is gray",
       bmp(1, 1, 8, 0, palette + bytes({9, 0, 0, 0}), 4),
       {9, 9, 9}},
      {"16 bits are 5, 5, 5", bmp(1, 1, 16, 0, bytes({0x1F, 0x04, 0, 0}), 4), {8, 0, 255}},
      {"16 bits with masks 5, 6, 5",
       bmp(1, 1, 16, 3, bytes({0, 0xF8, 0, 0, 0xE0, 7, 0, 0, 0x1F, 0, 0, 0, 0x20, 0x08, 0, 0}), 4),
       {8, 4, 0}},
      {"24 bits", bmp(1, 1, 24, 0, bytes({1, 2, 3, 0}), 4), {3, 2, 1}},
      {"32 bits", bmp(1, 1, 32, 0, bytes({1, 2, 3, 4}), 4), {3, 2, 1}},
      {"32 bits with masks",
       bmp(1, 1, 32, 3, bytes({255, 0, 0, 0, 0, 255, 0, 0, 0, 0, 255, 0, 1, 2, 3, 4}), 4),
       {1, 2, 3}},
      {"runs of 8 bits", bmp(3, 2, 8, 1, palette + bytes({2, 1, 0, 0, 0, 3, 1, 0, 1, 0, 0, 1}), 12),
       row({1, 0, 1, 1, 1, 0})},
      {"runs of 4 bits", bmp(3, 1, 4, 2, palette + bytes({3, 0x10, 0, 1}), 4), row({1, 0, 1})},
      {"a run that moves on", bmp(3, 2, 8, 1, palette + bytes({1, 1, 0, 2, 1, 1, 1, 1, 0, 1}), 10),
       row({0, 0, 1, 1, 0, 0})},
  });
}

TEST(ReadBmp, RefusesWhatItCannotReadAndWhatIsCut) {
  EXPECT_NE(
      message_of_failure(text(bmp(1, 1, 24, 4, bytes({1, 2, 3, 0}), 4))).find("compression 4"),
      std::string::npos);
  EXPECT_EQ(kind_of_failure(text(bmp(2, 2, 24, 0, bytes({1, 2, 3, 0}), 4))),
            InputErrorKind::kDamaged);
  EXPECT_EQ(kind_of_failure(text(bmp(0, 1, 24, 0, bytes({1, 2, 3, 0}), 4))),
            InputErrorKind::kDamaged);
  EXPECT_EQ(kind_of_failure(text(bmp(-1, 1, 32, 0, bytes({1, 2, 3, 0}), 4))),
            InputErrorKind::kTooLarge);
  EXPECT_EQ(kind_of_failure(text(bmp(2, 2, 8, 1, bytes({1, 2, 3, 0, 1, 2, 3, 0, 0, 9}), 2))),
            InputErrorKind::kDamaged);
}

TEST(ReadTruncated, KeepsWhatIsThere) {
  for (const char* name : {"jpeg_420.jpg", "png_rgb.png", "png_interlaced.png", "png_palette.png",
                           "bmp_palette.bmp", "gif_palette.gif", "ppm_rgb.ppm"}) {
    Bytes file = golden::bytes_of(std::string("eval_images/files/") + name);
    const Image whole = read_image(file, "x");
    file.resize(file.size() * 3 / 4);
    EXPECT_EQ(kind_of_failure(file), InputErrorKind::kDamaged) << name;
    const Image most = read_image(file, "x", kTruncated);
    EXPECT_EQ(most.rgb.size(), whole.rgb.size()) << name;
    EXPECT_NE(most.rgb, whole.rgb) << name;
    const bool from_below = std::string(name).starts_with("bmp");
    const auto row =
        static_cast<std::ptrdiff_t>(from_below ? whole.rgb.size() - 3 * whole.width : 0);
    EXPECT_TRUE(std::equal(whole.rgb.begin() + row, whole.rgb.begin() + row + 3 * whole.width,
                           most.rgb.begin() + row))
        << name << ": the row that the file gives first";
  }
}

// What a hostile file does may depend on memory that it reaches: this test is for the sanitizers.
TEST(ReadImage, AnyDamageGivesAPictureOrAnInputError) {
  Random random(20240607);
  std::size_t read = 0, refused = 0;
  for (const auto& picture : golden_pictures()) {
    const Bytes whole = golden_file(picture);
    if (whole.size() > 20'000 || whole.empty()) continue;  // one large PNG: nothing new, slow
    for (int round = 0; round < 150; ++round) {
      Bytes file = whole;
      if (round % 3 == 0) file.resize(random.below(static_cast<std::int64_t>(file.size())));
      const std::int64_t reach = round % 2 == 0 ? 64 : 1 << 20;  // headers are where it hurts
      for (std::int64_t flips = random.below(4); flips >= 0 && !file.empty(); --flips)
        file[random.below(std::min<std::int64_t>(reach, static_cast<std::int64_t>(file.size())))] =
            static_cast<std::uint8_t>(random.next());
      try {
        const Image image =
            read_image(file, "x", {.truncated = round % 4 < 2, .max_pixels = 1 << 18});
        EXPECT_EQ(image.rgb.size(), 3 * image.width * image.height);
        ++read;
      } catch (const InputError&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(read, 1000U);
  EXPECT_GT(refused, 1000U);
}

}  // namespace
}  // namespace byteformer
