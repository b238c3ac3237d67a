// A model directory of a checkpoint of the reference, for as long as it is needed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "recipe/recipe.h"

namespace byteformer {

// Made by `byteformer-codec convert` in a temporary folder, which goes with the object.
class ConvertedModel {
 public:
  // Throws UsageError if it cannot be made; byteformer-codec has said why on stderr.
  ConvertedModel(const std::string& checkpoint, const Recipe& recipe,
                 const std::vector<std::string>& classes);
  ~ConvertedModel();
  ConvertedModel(const ConvertedModel&) = delete;
  ConvertedModel& operator=(const ConvertedModel&) = delete;

  std::string directory() const { return (folder_ / "model").string(); }

 private:
  std::filesystem::path folder_;
};

}  // namespace byteformer
