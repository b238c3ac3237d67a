// Names one file in C++: its bytes are in memory, wherever they came from.
//
//   classify_buffer MODEL FILE
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

#include "byteformer/classifier.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: " << argv[0] << " MODEL FILE\n";
    return 2;
  }
  try {
    const byteformer::Classifier classifier(argv[1]);

    std::ifstream file(argv[2], std::ios::binary);
    if (!file) throw byteformer::IoError(std::string(argv[2]) + ": cannot be opened.");
    const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};

    const byteformer::Prediction p = classifier.classify(bytes);
    std::cout << argv[2] << ": " << (p.unknown ? "unknown" : p.label) << '\n';
    for (const byteformer::ScoredLabel& scored : p.top)
      std::cout << "  " << scored.probability << ' ' << scored.label << '\n';
    return 0;
  } catch (const byteformer::InputError& error) {
    std::cerr << argv[2] << ": " << name_of(error.kind()) << ": " << error.what() << '\n';
    return 1;
  } catch (const byteformer::Error& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}
