#include "bytes/padding.h"

#include <algorithm>
#include <string>

#include "byteformer/error.h"

namespace byteformer {

PaddedBatch pad_to_longest(std::span<const std::vector<std::uint8_t>> files) {
  PaddedBatch batch{files.size(), 0, {}};
  for (const auto& file : files) batch.length = std::max(batch.length, file.size());
  if (batch.length != 0 && batch.files > kMostPaddedIds / batch.length)
    throw UsageError("a batch of " + std::to_string(batch.files) + " files, the longest of " +
                     std::to_string(batch.length) + " bytes, would have more than " +
                     std::to_string(kMostPaddedIds) +
                     " ids with its padding. Use smaller batches, or leave out the longest file.");
  batch.ids.assign(batch.files * batch.length, kPaddingId);
  for (std::size_t i = 0; i < files.size(); ++i)
    std::copy(files[i].begin(), files[i].end(),
              batch.ids.begin() + static_cast<std::ptrdiff_t>(i * batch.length));
  return batch;
}

}  // namespace byteformer
