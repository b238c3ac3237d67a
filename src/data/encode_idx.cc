#include "data/encode_idx.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <system_error>

#include "byteformer/error.h"
#include "codec/tiff.h"
#include "data/encode_files.h"
#include "data/idx.h"

namespace byteformer {
namespace {

namespace fs = std::filesystem;

void check_names(const std::vector<std::string>& names) {
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (name.empty() || name.starts_with('.') || name.find('/') != std::string::npos ||
        name.find('\0') != std::string::npos)
      throw UsageError(
          fmt::format("the class name \"{}\" cannot be a folder: it may not be empty, begin with a "
                      "dot or hold a slash.",
                      name));
    if (!seen.insert(name).second)
      throw UsageError(
          fmt::format("the class name \"{}\" is given twice. Name each class once.", name));
  }
}

}  // namespace

std::size_t write_idx_as_tiff(const fs::path& images_path, const fs::path& output,
                              std::vector<std::string> names, std::size_t limit) {
  check_names(names);
  std::error_code error;
  check_new_folder(output);
  const IdxImages images = load_idx_images(images_path);
  const fs::path labels_path = labels_path_beside(images_path);
  const std::vector<std::uint8_t> labels = load_idx_labels(labels_path);
  if (labels.size() != images.count)
    throw FormatError(
        fmt::format("{} has {} labels, but {} has {} pictures. Give two files of one set.",
                    labels_path.string(), labels.size(), images_path.string(), images.count));
  if (images.count > 0 && (images.rows == 0 || images.columns == 0))
    throw FormatError(fmt::format("{}: pictures of {} x {} pixels. The file is damaged.",
                                  images_path.string(), images.columns, images.rows),
                      4);
  const std::size_t classes =
      labels.empty() ? 0 : *std::max_element(labels.begin(), labels.end()) + std::size_t{1};
  if (names.empty())
    for (std::size_t i = 0; i < classes; ++i) names.push_back(std::to_string(i));
  if (names.size() < classes)
    throw UsageError(
        fmt::format("{} class names are given, but the labels go up to {}. Give {} names.",
                    names.size(), classes - 1, classes));

  for (const std::string& name : names) {
    fs::create_directories(output / name, error);
    if (error)
      throw IoError(fmt::format("{}: cannot be made: {}. Choose a folder that may be written.",
                                (output / name).string(), error.message()));
  }
  const std::size_t count = limit == 0 ? images.count : std::min(limit, images.count);
  const std::size_t pixels = images.rows * images.columns;
  std::vector<std::uint8_t> rgb(3 * pixels);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t p = 0; p < pixels; ++p)
      std::fill_n(rgb.begin() + static_cast<std::ptrdiff_t>(3 * p), 3,
                  images.pixels[i * pixels + p]);
    const std::vector<std::uint8_t> file = encode_tiff(rgb, images.columns, images.rows);
    const fs::path path = output / names[labels[i]] / fmt::format("{:05}.tiff", i);
    std::ofstream out(path, std::ios::binary);
    out.write(reinterpret_cast<const char*>(file.data()),
              static_cast<std::streamsize>(file.size()));
    out.close();
    if (!out)
      throw IoError(
          fmt::format("{}: writing failed: {}. Free some space and begin again with a new folder.",
                      path.string(), std::strerror(errno)));
  }
  return count;
}

}  // namespace byteformer
