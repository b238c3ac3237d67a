// An IDX set as one TIFF file a picture, in folders of classes: what `byteformer encode --encoding
// TIFF` does.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace byteformer {

// Writes output/<class>/00000.tiff ...; the number is the picture's place in the set. Gray becomes
// three equal channels, as the reference's convert("RGB"). Classes come from the labels file beside
// the images and are named by class_names (empty: by their numbers). limit 0 means all. Returns the
// number of files. Throws UsageError (names that are no folder names, too few of them, an output
// folder that is not empty), IoError or FormatError.
std::size_t write_idx_as_tiff(const std::filesystem::path& images,
                              const std::filesystem::path& output,
                              std::vector<std::string> class_names, std::size_t limit);

}  // namespace byteformer
