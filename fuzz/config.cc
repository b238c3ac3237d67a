#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "fuzz/target.h"
#include "model/model_directory.h"

namespace byteformer::fuzz {
namespace {

// Where a config.json lies without weights: one for the whole process.
const std::filesystem::path& folder() {
  static const struct Folder {
    Folder() {
      std::string name = (std::filesystem::temp_directory_path() / "config-XXXXXX").string();
      path = ::mkdtemp(name.data());
    }
    ~Folder() {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    }
    std::filesystem::path path;
  } one;
  return one.path;
}

}  // namespace

void read_hostile(std::span<const std::uint8_t> bytes) {
  std::ofstream(folder() / "config.json", std::ios::binary) << text_of(bytes);
  load_model(folder());
}

}  // namespace byteformer::fuzz
