// What byteformer and its codec process say to each other: messages on two pipes of one machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace byteformer {

struct CodecMessage {
  enum class Kind : std::uint32_t {
    // Questions.
    kRecipe,  // the first: bytes are YAML; number 1 opens the data that its evaluation goes over,
              // and 2 without a word about what is left out
    kFile,    // encode `bytes`; number seeds what is drawn, name is for messages
    kItem,    // the item of this number
    // Answers.
    kFacts,       // to kRecipe: bytes are JSON
    kName,        // to kItem, before the item is read: how it is called
    kBytes,       // what the model sees; number is an item's class
    kInputError,  // number is an InputErrorKind, bytes are the text
    kUsageError,  // to kRecipe: bytes are the text
  } kind = Kind::kBytes;
  std::uint64_t number = 0;
  std::string name;
  std::vector<std::uint8_t> bytes;
};

// False if nobody reads any more (SIGPIPE must be ignored).
bool send(int file, const CodecMessage& message);

// Nothing at the end, or where it breaks off. Memory is taken as bytes arrive, not as they are
// announced.
std::optional<CodecMessage> receive(int file);

}  // namespace byteformer
