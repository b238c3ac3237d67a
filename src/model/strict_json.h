// JSON text read strictly: every key at most once, bounded depth, no NUL.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace byteformer {

// Owns what was read, since a nlohmann::json that holds others allocates memory when it is
// destroyed, and ends the program where there is none. This does not.
class StrictJson {
 public:
  // Throws FormatError, which begins with `where`.
  StrictJson(const std::string& text, const std::string& where);
  ~StrictJson();
  StrictJson(const StrictJson&) = delete;
  StrictJson& operator=(const StrictJson&) = delete;

  const nlohmann::json& root() const { return root_; }

 private:
  nlohmann::json root_;
};

}  // namespace byteformer
