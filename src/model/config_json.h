// ModelConfig in the "architecture" object of a model's config.json. Format:
// docs/formats/model-directory.md.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "model/config.h"

namespace byteformer {

nlohmann::json to_json(const ModelConfig& config);  // without `classes`, which the class list gives
// Checked; `where` names the file in errors. Unknown keys are ConfigErrors.
ModelConfig config_from_json(const nlohmann::json& architecture, std::size_t classes,
                             const std::string& where);

}  // namespace byteformer
