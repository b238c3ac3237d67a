// Keys of the reference's recipes that have no field in Recipe.
#pragma once

#include <string>
#include <vector>

#include "recipe/value.h"

namespace byteformer {

// Its presence says that a recipe is one of the reference.
inline constexpr const char* kReferenceKey = "model.classification.name";

// There is one way here, the paper's: another value than these is an error, not a silent change of
// the training.
struct FixedKey {
  std::string name;
  std::vector<std::string> allowed;  // as YAML writes them: "true", "null", "-1", "adamw"
};
const std::vector<FixedKey>& fixed_keys();

// Decides nothing about the training or the model: logging, devices, places of results, and
// switches that the reference itself does not read for this model.
const std::vector<std::string>& meaningless_keys();

// Another name of a key of the schema. Null means that the key is not given.
struct OtherName {
  std::string name, of;
};
const std::vector<OtherName>& other_names();

// Must agree with dataset.name.
struct SourceKey {
  std::string name, of_pictures, of_sound;
};
const std::vector<SourceKey>& source_keys();

// Whether a scalar or null is this value, compared as truth value, number or text.
bool is_value(const YamlValue& value, const std::string& text);

}  // namespace byteformer
