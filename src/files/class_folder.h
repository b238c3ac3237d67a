// Folders of classes: DIR/<class>/<file>, or an uncompressed tar archive with members
// <class>/<file>, or a folder of such archives (shards), which may share classes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "files/sample_list.h"
#include "files/walk.h"

namespace byteformer {

struct ClassFolder {
  std::vector<std::string> classes;  // sorted by bytes; names of the first-level folders
  SampleList samples;                // by class (an index into classes), then name order
};

// Hidden files, files outside a class folder, special files are left out; each kind is said through
// notice with a count and an example. A class without files is said. Throws UsageError if there is
// no class or no file at all, IoError or FormatError for an archive that cannot be read.
ClassFolder list_class_folder(const Path& folder_or_tar, const Notice& notice);

// The number that each of `classes` has among those `known` to a model, matched by name. Throws
// UsageError that lists both sides where the model does not know one.
std::vector<std::size_t> class_numbers(const std::vector<std::string>& classes,
                                       const std::vector<std::string>& known);

// Gives the samples the class numbers of `classes` (a model's), by class_numbers().
void match_classes(ClassFolder& folder, const std::vector<std::string>& classes);

std::vector<std::uint8_t> read_sample(const Sample& sample,
                                      ReadLimit limit = {});  // throws InputError

}  // namespace byteformer
