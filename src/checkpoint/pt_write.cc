#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/atomic_file.h"
#include "byteformer/error.h"
#include "checkpoint/little_endian.h"
#include "checkpoint/pt_file.h"
#include "checkpoint/storage_type.h"
#include "checkpoint/stored_zip.h"

namespace byteformer {
namespace {

// The opcodes of a state dict; pickle.cc has their meanings.
class StateDictPickle {
 public:
  StateDictPickle() {
    out_ = "\x80\x02";  // protocol 2
    ordered_dict();
    out_ += '(';
  }

  void add(const std::string& name, const Tensor& tensor, const std::string& key,
           std::size_t elements) {
    const auto type = std::find_if(kStorageTypes.begin(), kStorageTypes.end(),
                                   [&](const auto& t) { return t.second == tensor.dtype; });
    text(name);
    global("torch._utils", "_rebuild_tensor_v2");
    out_ += "((";
    text("storage");
    global("torch", std::string(type->first.substr(std::string_view("torch.").size())));
    text(key);
    text("cpu");
    integer(elements);
    out_ += "tQ";
    integer(0);  // offset
    sizes(tensor.shape);
    sizes(row_major_strides(tensor.shape));
    out_ += '\x89';  // needs no gradient
    ordered_dict();  // no hooks
    out_ += "tR";
  }

  std::string finish() && {
    out_ += "u.";
    return std::move(out_);
  }

 private:
  static Shape row_major_strides(const Shape& shape) {
    Shape strides(shape.size(), 1);
    for (std::size_t d = shape.size(); d > 1; --d) strides[d - 2] = strides[d - 1] * shape[d - 1];
    return strides;
  }

  void ordered_dict() {
    global("collections", "OrderedDict");
    out_ += ")R";
  }
  void global(const std::string& module, const std::string& name) {
    out_ += "c" + module + "\n" + name + "\n";
  }
  void text(const std::string& value) {
    out_ += 'X';
    append_little_endian(out_, static_cast<std::uint32_t>(value.size()));
    out_ += value;
  }
  void integer(std::size_t value) {
    if (value <= std::numeric_limits<std::int32_t>::max()) {
      out_ += 'J';
      append_little_endian(out_, static_cast<std::int32_t>(value));
    } else {
      out_ += "\x8a\x08";
      append_little_endian(out_, static_cast<std::uint64_t>(value));
    }
  }
  void sizes(const Shape& values) {
    out_ += '(';
    for (const std::size_t value : values) integer(value);
    out_ += 't';
  }

  std::string out_;
};

}  // namespace

std::string serialize_pt(const TensorMap& tensors) {
  StateDictPickle pickle;
  std::vector<std::pair<std::string, std::string_view>> data;
  for (const auto& [name, tensor] : tensors) {
    const std::size_t elements = element_count(tensor.shape);
    if (elements * size_of(tensor.dtype) != tensor.data.size())
      throw ModelError(fmt::format("tensor \"{}\" of shape {} does not have the {} bytes it holds.",
                                   name, to_string(tensor.shape), tensor.data.size()));
    const std::string key = std::to_string(data.size());
    pickle.add(name, tensor, key, elements);
    data.emplace_back(
        "archive/data/" + key,
        std::string_view(reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size()));
  }
  const std::string text = std::move(pickle).finish();
  std::vector<std::pair<std::string, std::string_view>> entries = {{"archive/data.pkl", text},
                                                                   {"archive/byteorder", "little"}};
  entries.insert(entries.end(), data.begin(), data.end());
  entries.emplace_back("archive/version", "3\n");
  return write_stored_zip(entries);
}

void save_pt(const std::filesystem::path& path, const TensorMap& tensors) {
  write_file_atomically(path, serialize_pt(tensors));
}

}  // namespace byteformer
