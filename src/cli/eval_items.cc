#include "cli/eval_items.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "files/class_folder.h"

namespace byteformer {
namespace {

EvalItems items_of(std::shared_ptr<const ClassFolder> folder, const Classifier& classifier) {
  ReadLimit limit;
  // One byte more than fits tells a file that is too long, without reading the rest.
  if (classifier.max_bytes() != SIZE_MAX) limit = {classifier.max_bytes() + 1, true};
  return {folder->samples.size(), [folder, limit](std::size_t i) {
            const Sample sample = folder->samples[i];
            EncodedItem item{sample.name, {}, sample.class_index, ""};
            try {
              item.bytes = read_sample(sample, limit);
            } catch (const InputError& error) {
              item.error = fmt::format("{} ({})", error.what(), name_of(error.kind()));
            }
            return item;
          }};
}

}  // namespace

EvalItems items_in_folder(const Path& folder_or_tar, const Classifier& classifier,
                          const Notice& notice) {
  const auto folder = std::make_shared<ClassFolder>(list_class_folder(folder_or_tar, notice));
  match_classes(*folder, classifier.classes());
  return items_of(folder, classifier);
}

EvalItems foreign_items(const Path& folder_or_tar, const Classifier& classifier,
                        const Notice& notice) {
  return items_of(std::make_shared<ClassFolder>(list_class_folder(folder_or_tar, notice)),
                  classifier);
}

EvalItems items_of_recipe(Codec& codec, const Classifier& classifier) {
  return {codec.facts().items,
          [&codec,
           numbers = class_numbers(codec.facts().classes, classifier.classes())](std::size_t i) {
            EncodedItem item = codec.item(i);
            item.class_index = numbers.at(item.class_index);
            return item;
          }};
}

}  // namespace byteformer
