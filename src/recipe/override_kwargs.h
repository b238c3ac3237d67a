// The reference's way to override values of a recipe on the command line:
//   --common.override-kwargs scheduler.max_epochs=5 dataset.workers=2
#pragma once

#include <string>
#include <vector>

namespace byteformer {

// Takes every `--common.override-kwargs` and the words behind it, up to the next option, out of the
// arguments. Returns those words, overrides for parse_recipe(). Throws UsageError for a word that
// is no key=value.
std::vector<std::string> take_override_kwargs(std::vector<std::string>& arguments);

}  // namespace byteformer
