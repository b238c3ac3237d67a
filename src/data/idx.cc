#include "data/idx.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <string>

#include "byteformer/error.h"

namespace byteformer {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{4}
                                  << 30;  // 4 GiB: MNIST's largest sets have a tenth of it

// The file's bytes, unpacked if it is gzipped. Memory grows with what is really there, up to
// `most`.
class GzReader {
 public:
  explicit GzReader(const std::filesystem::path& path)
      : name_(path.string()), file_(gzopen(path.c_str(), "rb")) {
    if (file_ == nullptr)
      throw IoError(name_ + ": cannot be opened. Check that it is there and may be read.");
    gzbuffer(file_, 1 << 17);
  }
  ~GzReader() { gzclose(file_); }
  GzReader(const GzReader&) = delete;
  GzReader& operator=(const GzReader&) = delete;

  // Up to `bytes` bytes; fewer only at the end.
  std::vector<std::uint8_t> read(std::size_t bytes) {
    std::vector<std::uint8_t> data;
    while (data.size() < bytes) {
      const std::size_t before = data.size(),
                        chunk = std::min<std::size_t>(bytes - before, 1 << 20);
      data.resize(before + chunk);
      const int got = gzread(file_, data.data() + before, static_cast<unsigned>(chunk));
      if (got < 0) {
        int code = 0;
        throw FormatError(
            fmt::format("{}: unpacking failed: {}. The file is damaged; copy it again.", name_,
                        gzerror(file_, &code)),
            before);
      }
      data.resize(before + static_cast<std::size_t>(got));
      if (got == 0) break;
    }
    return data;
  }

 private:
  std::string name_;
  gzFile file_;
};

std::uint32_t big_endian(const std::vector<std::uint8_t>& bytes, std::size_t at) {
  return static_cast<std::uint32_t>(bytes[at]) << 24 |
         static_cast<std::uint32_t>(bytes[at + 1]) << 16 |
         static_cast<std::uint32_t>(bytes[at + 2]) << 8 | bytes[at + 3];
}

struct Idx {
  std::vector<std::size_t> shape;
  std::vector<std::uint8_t> elements;
};

Idx load(const std::filesystem::path& path, std::size_t rank) {
  const std::string name = path.string();
  GzReader reader(path);
  const std::vector<std::uint8_t> header = reader.read(4 + 4 * rank);
  if (header.size() < 4 + 4 * rank || header[0] != 0 || header[1] != 0 || header[2] != 8 ||
      header[3] != rank)
    throw FormatError(fmt::format("{}: no IDX file of unsigned bytes with {} dimension(s): it must "
                                  "begin with 00 00 08 {:02x} and {} "
                                  "sizes. Give the images file, such as t10k-images-idx3-ubyte.gz.",
                                  name, rank, rank, rank),
                      0);
  Idx idx;
  std::size_t expected = 1;
  for (std::size_t i = 0; i < rank; ++i) {
    idx.shape.push_back(big_endian(header, 4 + 4 * i));
    if (idx.shape[i] != 0 && expected > kMaxBytes / idx.shape[i])
      throw FormatError(fmt::format("{}: its sizes make more than {} bytes. The file is damaged.",
                                    name, kMaxBytes),
                        4 + 4 * i);
    expected *= idx.shape[i];
  }
  idx.elements = reader.read(expected + 1);
  if (idx.elements.size() != expected)
    throw FormatError(
        fmt::format("{}: its sizes make {} bytes, but {} are there. The file is {}.", name,
                    expected,
                    idx.elements.size() > expected ? "more" : std::to_string(idx.elements.size()),
                    idx.elements.size() > expected ? "damaged" : "cut short"),
        header.size());
  return idx;
}

}  // namespace

IdxImages load_idx_images(const std::filesystem::path& path) {
  Idx idx = load(path, 3);
  return {idx.shape[0], idx.shape[1], idx.shape[2], std::move(idx.elements)};
}

std::vector<std::uint8_t> load_idx_labels(const std::filesystem::path& path) {
  return load(path, 1).elements;
}

std::filesystem::path labels_path_beside(const std::filesystem::path& images) {
  std::string name = images.filename().string();
  const std::size_t at = name.find("images-idx3");
  if (at == std::string::npos)
    throw UsageError(
        images.string() +
        ": the name has no \"images-idx3\", so the labels file beside it cannot be found. "
        "Keep the names of the MNIST family, such as t10k-images-idx3-ubyte.gz.");
  name.replace(at, 11, "labels-idx1");
  return images.parent_path() / name;
}

}  // namespace byteformer
