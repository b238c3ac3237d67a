// What an evaluation goes over: files of classes as they are, or what a recipe makes of its data.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "byteformer/classifier.h"
#include "cli/codec_process.h"
#include "files/walk.h"

namespace byteformer {

struct EvalItems {
  std::size_t count = 0;
  std::function<EncodedItem(std::size_t)> at;  // class_index is the model's; any thread may call
};

// Throws what list_class_folder() does, and UsageError for a class that the model does not know.
EvalItems items_in_folder(const Path& folder_or_tar, const Classifier& classifier,
                          const Notice& notice);

// Files of classes that the model does not know; their class_index is their place in that data.
// Throws what list_class_folder() does.
EvalItems foreign_items(const Path& folder_or_tar, const Classifier& classifier,
                        const Notice& notice);

// `codec` must outlive the items. Throws UsageError for a class that the model does not know.
EvalItems items_of_recipe(Codec& codec, const Classifier& classifier);

}  // namespace byteformer
