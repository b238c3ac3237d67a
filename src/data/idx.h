// IDX files, the format of the MNIST family (gzipped or not): magic 00 00 type rank, big-endian
// sizes, elements.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace byteformer {

struct IdxImages {
  std::size_t count = 0, rows = 0, columns = 0;
  std::vector<std::uint8_t> pixels;
};  // [count, rows, columns]

// Throws IoError or FormatError (bad magic, other type than unsigned byte, too few or too many
// bytes; sizes are checked against what is there before memory is taken).
IdxImages load_idx_images(const std::filesystem::path& path);
std::vector<std::uint8_t> load_idx_labels(const std::filesystem::path& path);

// The labels file beside an images file: t10k-images-idx3-ubyte.gz -> t10k-labels-idx1-ubyte.gz.
std::filesystem::path labels_path_beside(const std::filesystem::path& images);

}  // namespace byteformer
