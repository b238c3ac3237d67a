// Names many files with eight threads over one model.
//
//   eight_threads MODEL FILE...
//
// The classifier is one and const; each thread takes the next file that nobody has taken yet. With
// threads = 1 a file keeps to the thread that has it, which is best where there are many files. (A
// program that has all files in memory can call Classifier::classify_all() instead.)
#include <array>
#include <atomic>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "byteformer/classifier.h"

namespace {

std::string name(const byteformer::Classifier& classifier, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open()) return "cannot be opened";
  try {
    const byteformer::Prediction p = classifier.classify(bytes);
    return (p.unknown ? "unknown" : p.label) + ' ' + std::to_string(p.probability);
  } catch (const byteformer::Error& error) {
    return error.what();
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: " << argv[0] << " MODEL FILE...\n";
    return 2;
  }
  try {
    byteformer::ClassifierOptions options;
    options.threads = 1;
    const byteformer::Classifier classifier(argv[1], options);

    const std::vector<std::string> paths(argv + 2, argv + argc);
    std::vector<std::string> names(paths.size());
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
      for (std::size_t i; (i = next++) < paths.size();) names[i] = name(classifier, paths[i]);
    };
    std::array<std::thread, 8> threads;
    for (std::thread& thread : threads) thread = std::thread(work);
    for (std::thread& thread : threads) thread.join();

    for (std::size_t i = 0; i < paths.size(); ++i)
      std::cout << paths[i] << ": " << names[i] << '\n';
    return 0;
  } catch (const byteformer::Error& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}
