// Gives every file of the folders named to the target, and then each of them cut short at 16
// places: what a fuzzer found once is read by every ordinary run of the tests.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  constexpr std::size_t kCuts = 16;
  std::size_t files = 0;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::exists(argv[i])) continue;  // no crash so far
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      std::ifstream in(entry.path(), std::ios::binary);
      const std::vector<char> read{std::istreambuf_iterator<char>(in), {}};
      const std::vector<std::uint8_t> bytes(read.begin(), read.end());
      for (std::size_t cut = 0; cut <= kCuts; ++cut)
        LLVMFuzzerTestOneInput(bytes.data(), bytes.size() * (kCuts - cut) / kCuts);
      ++files;
    }
  }
  std::printf("%zu files\n", files);
  return files > 0 ? 0 : 1;  // an empty folder would prove nothing
}
