// Reads the pickles of torch.save, and executes nothing.
//
// A pickle is a program for a stack machine that can call any function of Python. Here only the
// opcodes that torch.save uses for dictionaries of tensors are known, and of all functions two,
// which become values: `collections.OrderedDict` without arguments is a dictionary, and
// `torch._utils._rebuild_tensor_v2` a call that the reader of checkpoints interprets. Every other
// opcode and name is an error. Format: Python's pickletools, protocol 2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace byteformer {

// Values refer to each other by index, for pickles share values and may hold themselves.
struct PickleValue {
  enum class Kind {
    kNone,
    kBool,        // integer
    kInteger,     // integer
    kReal,        // real
    kText,        // text
    kTuple,       // items
    kList,        // items
    kDict,        // items: key, value, key, value, ...
    kGlobal,      // text: "torch.FloatStorage"
    kPersistent,  // items: one, what torch.save says about a storage
    kCall,        // text: the function; items: one, the tuple of its arguments
  };
  Kind kind = Kind::kNone;
  std::int64_t integer = 0;
  double real = 0;
  std::string text;
  std::vector<std::uint32_t> items;
};

struct Pickle {
  std::vector<PickleValue> values;
  std::uint32_t root = 0;

  const PickleValue& operator[](std::uint32_t index) const { return values[index]; }
};

// Throws FormatError with `name`, the opcode and its offset. Takes time and memory in proportion to
// the length, of which 2 MiB are allowed.
Pickle read_pickle(std::span<const std::byte> bytes, const std::string& name);

}  // namespace byteformer
