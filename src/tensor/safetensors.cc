#include "tensor/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "base/atomic_file.h"
#include "byteformer/error.h"
#include "tensor/file_bytes.h"

namespace byteformer {
namespace {

constexpr std::size_t kMaxHeader = 100'000'000;  // the format's own limit
constexpr std::size_t kMaxDimensions = 16;

struct Entry {
  std::string name;
  std::string dtype;
  Shape shape;
  std::vector<std::uint64_t> offsets;
};

struct Header {
  std::vector<Entry> entries;
  std::map<std::string, std::string> metadata;
};

std::string shown(const std::string& text) {
  return nlohmann::json(text.size() > 100 ? text.substr(0, 97) + "..." : text)
      .dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

// Reads the header event by event, so that depth, duplicate keys and types are checked while
// parsing and nothing is built from a hostile text: {name: {"dtype": text, "shape": [numbers],
// "data_offsets": [2 numbers]}, "__metadata__": {text: text}} is all there may be.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderReader(const std::string& file) : file_(file) {}

  Header take() { return std::move(header_); }

  bool start_object(std::size_t) override {
    if (depth_ == 0 && !in_list_) return ++depth_, true;
    if (depth_ != 1 || in_list_) fail("an object where none belongs");
    ++depth_;
    if (!in_metadata_) header_.entries.push_back({name_, "", {}, {}});
    has_dtype_ = has_shape_ = has_offsets_ = false;
    return true;
  }

  bool key(string_t& text) override {
    if (depth_ == 1) {
      if (!names_.insert(text).second) fail("the key " + shown(text) + " twice");
      in_metadata_ = text == "__metadata__";
      name_ = text;
      return true;
    }
    field_ = text;
    if (in_metadata_) return true;
    bool* seen = text == "dtype"          ? &has_dtype_
                 : text == "shape"        ? &has_shape_
                 : text == "data_offsets" ? &has_offsets_
                                          : nullptr;
    if (seen == nullptr) fail("the unknown field " + shown(text) + " of tensor " + shown(name_));
    if (*seen) fail("the field " + shown(text) + " of tensor " + shown(name_) + " twice");
    return *seen = true;
  }

  bool end_object() override {
    if (--depth_ == 1) {
      if (!in_metadata_ && !(has_dtype_ && has_shape_ && has_offsets_))
        fail("tensor " + shown(name_) + " without all of dtype, shape and data_offsets");
      in_metadata_ = false;
    }
    return true;
  }

  bool string(string_t& text) override {
    if (depth_ == 2 && in_metadata_ && !in_list_) {
      if (!header_.metadata.emplace(field_, text).second)
        fail("the key " + shown(field_) + " twice in __metadata__");
      return true;
    }
    if (depth_ != 2 || in_list_ || field_ != "dtype")
      fail("the text " + shown(text) + " where none belongs");
    header_.entries.back().dtype = text;
    return true;
  }

  bool start_array(std::size_t) override {
    if (depth_ != 2 || in_metadata_ || in_list_ || field_ == "dtype")
      fail("a list where none belongs");
    return in_list_ = true;
  }

  bool end_array() override {
    in_list_ = false;
    return true;
  }

  bool number_unsigned(number_unsigned_t value) override {
    if (!in_list_) fail(fmt::format("the number {} where none belongs", value));
    Entry& entry = header_.entries.back();
    if (field_ == "shape") {
      if (entry.shape.size() == kMaxDimensions)
        fail("tensor " + shown(name_) + " with more than 16 dimensions");
      entry.shape.push_back(value);
    } else {
      if (entry.offsets.size() == 2)
        fail("tensor " + shown(name_) + " with more than 2 data_offsets");
      entry.offsets.push_back(value);
    }
    return true;
  }

  bool null() override { fail("null where none belongs"); }
  bool boolean(bool) override { fail("true or false where none belongs"); }
  bool number_integer(number_integer_t value) override {
    fail(fmt::format("the negative number {}", value));
  }
  bool number_float(number_float_t, const string_t& text) override {
    fail("the number " + shown(text) + ", which is no whole number below 2^64");
  }
  bool binary(binary_t&) override { fail("binary data"); }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    throw FormatError(
        fmt::format(
            "{}: the header is no valid JSON at its byte {} ({}). The file is damaged or no "
            "safetensors file.",
            file_, position, shown(error.what())),
        8 + position);
  }

 private:
  [[noreturn]] void fail(const std::string& found) {
    throw FormatError(
        fmt::format("{}: the header has {}. The format allows {{name: {{\"dtype\", \"shape\", "
                    "\"data_offsets\"}}}} and \"__metadata__\" of texts. The file is damaged or no "
                    "safetensors file.",
                    file_, found),
        8);
  }

  std::string file_;
  Header header_;
  int depth_ = 0;
  bool in_list_ = false, in_metadata_ = false, has_dtype_ = false, has_shape_ = false,
       has_offsets_ = false;
  std::string name_, field_;
  std::set<std::string> names_;
};

}  // namespace

Safetensors parse_safetensors(const SharedBytes& file, const std::string& name) {
  if (file.size() < 8)
    throw FormatError(
        fmt::format("{}: {} bytes, but a safetensors file has at least 8. Copy the file again.",
                    name, file.size()),
        0);
  std::uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, file.data(), 8);
  if (header_bytes > kMaxHeader || header_bytes > file.size() - 8)
    throw FormatError(
        fmt::format(
            "{}: the header is said to have {} bytes, but the file has {} after its length and "
            "{} are allowed. The file is cut short, damaged, or no safetensors file.",
            name, header_bytes, file.size() - 8, kMaxHeader),
        0);
  const auto* text = reinterpret_cast<const char*>(file.data()) + 8;
  // nlohmann's parser takes a NUL for the end; what comes after it would go unread.
  if (const void* nul = std::memchr(text, '\0', header_bytes))
    throw FormatError(fmt::format("{}: the header has a NUL at its byte {}, which JSON does not "
                                  "allow. The file is damaged "
                                  "or no safetensors file.",
                                  name, static_cast<const char*>(nul) - text),
                      8);
  HeaderReader reader(name);
  nlohmann::json::sax_parse(text, text + header_bytes, &reader);
  Header header = reader.take();

  const SharedBytes data = file.part(8 + header_bytes, file.size() - 8 - header_bytes);
  std::sort(header.entries.begin(), header.entries.end(), [](const Entry& a, const Entry& b) {
    return a.offsets.size() == 2 && b.offsets.size() == 2 ? a.offsets < b.offsets
                                                          : a.offsets.size() < b.offsets.size();
  });
  Safetensors contents;
  contents.metadata = std::move(header.metadata);
  std::uint64_t expected = 0;  // tensors lie end to end
  for (Entry& entry : header.entries) {
    auto fail = [&](const std::string& what) {
      throw FormatError(
          fmt::format("{}: tensor {} {}. The file is damaged.", name, shown(entry.name), what), 8);
    };
    const std::optional<DType> dtype = dtype_named(entry.dtype);
    if (!dtype)
      fail("has the type " + shown(entry.dtype) +
           ", but BOOL, U8, I8, I16, I32, I64, F16, BF16, F32 and F64 are known");
    if (entry.offsets.size() != 2)
      fail(fmt::format("has {} data_offsets instead of 2", entry.offsets.size()));
    const std::uint64_t begin = entry.offsets[0], end = entry.offsets[1];
    if (begin > end || end > data.size())
      fail(fmt::format("lies at bytes {} to {}, but the file has {} bytes of data", begin, end,
                       data.size()));
    std::size_t elements = 0;
    try {
      elements = element_count(entry.shape);
    } catch (const FormatError& error) {
      fail("cannot be: " + std::string(error.what()));
    }
    if (elements > std::numeric_limits<std::size_t>::max() / size_of(*dtype) ||
        elements * size_of(*dtype) != end - begin)
      fail(fmt::format("of shape {} and type {} does not fit its {} bytes", to_string(entry.shape),
                       entry.dtype, end - begin));
    if (begin < expected)
      fail(fmt::format("begins at byte {}, within the tensor before it, which ends at {}", begin,
                       expected));
    if (begin > expected)
      fail(fmt::format("begins at byte {}, but the tensor before it ends at {}: a hole", begin,
                       expected));
    expected = end;
    contents.tensors.emplace(std::move(entry.name),
                             Tensor{*dtype, std::move(entry.shape), data.part(begin, end - begin)});
  }
  if (expected != data.size())
    throw FormatError(
        fmt::format(
            "{}: the tensors end at byte {} of the data, but {} bytes are there. The file is "
            "damaged or was appended to.",
            name, expected, data.size()),
        8 + header_bytes + expected);
  return contents;
}

Safetensors load_safetensors(const std::filesystem::path& path) {
  return parse_safetensors(map_file_bytes(path, "safetensors file"), path.string());
}

std::string serialize_safetensors(const Safetensors& contents) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!contents.metadata.empty()) header["__metadata__"] = contents.metadata;
  std::size_t offset = 0;
  for (const auto& [name, tensor] : contents.tensors) {
    if (element_count(tensor.shape) * size_of(tensor.dtype) != tensor.data.size())
      throw ModelError(fmt::format("tensor \"{}\" of shape {} does not have the {} bytes it holds.",
                                   name, to_string(tensor.shape), tensor.data.size()));
    header[name] = {{"dtype", name_of(tensor.dtype)},
                    {"shape", tensor.shape},
                    {"data_offsets", {offset, offset + tensor.data.size()}}};
    offset += tensor.data.size();
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const nlohmann::json::exception&) {
    throw ModelError(
        "a tensor's name or the metadata is not UTF-8, which safetensors needs. Choose another "
        "name.");
  }
  text.append((8 - text.size() % 8) % 8, ' ');
  const std::uint64_t header_bytes = text.size();
  std::string file(8, '\0');
  std::memcpy(file.data(), &header_bytes, 8);
  file.reserve(8 + text.size() + offset);
  file += text;
  for (const auto& [name, tensor] : contents.tensors)
    file.append(reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size());
  return file;
}

void save_safetensors(const std::filesystem::path& path, const Safetensors& contents) {
  write_file_atomically(path, serialize_safetensors(contents));
}

}  // namespace byteformer
