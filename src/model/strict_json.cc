#include "model/strict_json.h"

#include <fmt/format.h>

#include <vector>

#include "byteformer/error.h"

namespace byteformer {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxDepth = 32;  // writing it again recurses, and so does empty()

// Innermost first and one by one, so that each destructor finds a value that holds no others.
void empty(json& value) noexcept {
  if (value.is_array()) {
    auto& list = value.get_ref<json::array_t&>();
    for (; !list.empty(); list.pop_back()) empty(list.back());
  } else if (value.is_object()) {
    auto& object = value.get_ref<json::object_t&>();
    for (; !object.empty(); object.erase(object.begin())) empty(object.begin()->second);
  }
}

class Reader : public nlohmann::json_sax<json> {
 public:
  Reader(json& root, const std::string& where) : place_(&root), where_(where) {}

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return false; }  // no part of JSON

  bool start_object(std::size_t) override { return open(json::value_t::object); }
  bool start_array(std::size_t) override { return open(json::value_t::array); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    const auto [at, is_new] = open_.back()->get_ref<json::object_t&>().emplace(name, nullptr);
    if (!is_new)
      throw FormatError(
          fmt::format("{}: has the key {} twice. Remove one of them.", where_, quoted(name)));
    place_ = &at->second;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const json::exception& error) override {
    throw FormatError(fmt::format("{}: is no valid JSON at byte {} ({}). Restore the file.", where_,
                                  position, quoted(error.what())),
                      position);
  }

 private:
  static std::string quoted(const std::string& text) {
    return json(text).dump(-1, ' ', true, json::error_handler_t::replace);
  }

  bool put(json value) {
    if (!open_.empty() && open_.back()->is_array()) {
      auto& list = open_.back()->get_ref<json::array_t&>();
      list.push_back(std::move(value));
      place_ = &list.back();
    } else {
      *place_ = std::move(value);
    }
    return true;
  }

  bool open(json::value_t type) {
    if (open_.size() == kMaxDepth)
      throw FormatError(fmt::format(
          "{}: nests deeper than the {} levels allowed. Restore the file.", where_, kMaxDepth));
    put(type);
    open_.push_back(place_);
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  json* place_;              // where the next value goes, unless a list is open; then the last one
  std::vector<json*> open_;  // the objects and lists around it
  const std::string& where_;
};

}  // namespace

StrictJson::StrictJson(const std::string& text, const std::string& where) {
  if (const std::size_t nul = text.find('\0');
      nul != std::string::npos)  // the parser would stop there
    throw FormatError(
        fmt::format("{}: has a NUL at byte {}, which JSON does not allow. Restore the file.", where,
                    nul),
        nul);
  try {
    Reader reader(root_, where);
    json::sax_parse(text, &reader);
  } catch (...) {
    empty(root_);
    throw;
  }
}

StrictJson::~StrictJson() { empty(root_); }

}  // namespace byteformer
