#include "train/layout.h"

#include <fmt/format.h>

#include <algorithm>

#include "byteformer/error.h"
#include "model/geometry.h"

namespace byteformer {
namespace {

// A file's rows in the batch, and which of them are real.
struct FileRows {
  std::int64_t first = 0;
  std::vector<bool> real;

  std::int64_t rows() const { return static_cast<std::int64_t>(real.size()); }
};

// Adds a file's windows to a layer. A strict window is filled up with zero rows that nobody attends
// to.
void add_windows(const FileRows& file, std::size_t w, std::size_t s, Masking masking,
                 LayerLayout& layer) {
  auto is_real = [&](std::ptrdiff_t row) {
    return row < 0 || file.real[static_cast<std::size_t>(row)];
  };
  for (const WindowRows& window : windows_of(file.real.size(), w, s, masking)) {
    // Nobody reads what becomes of rows that are all padding.
    if (std::none_of(window.begin(), window.end(), is_real)) continue;
    const std::size_t begin = layer.gather.size();
    for (const std::ptrdiff_t row : window) {
      if (row >= 0)
        layer.scatter[static_cast<std::size_t>(file.first + row)] =
            static_cast<std::int64_t>(layer.gather.size());
      layer.gather.push_back(row < 0 ? -1 : file.first + row);
      layer.attended.push_back(is_real(row) ? 1 : 0);
    }
    layer.gather.resize(begin + w, -1);
    layer.attended.resize(begin + w, 0);
  }
}

// Merges each file's rows in pairs; the files' rows become those of the merged sequence.
void merge(std::vector<FileRows>& files, LayerLayout& layer) {
  std::int64_t first = 0;
  for (FileRows& file : files) {
    FileRows merged{first, {}};
    for (std::int64_t r = 0; r < file.rows(); r += 2) {
      bool any = false;
      for (std::int64_t t = r; t < r + 2; ++t) {
        const bool real = t < file.rows() && file.real[static_cast<std::size_t>(t)];
        layer.pairs.push_back(real ? file.first + t : -1);
        any |= real;
      }
      merged.real.push_back(any);
    }
    first += merged.rows();
    file = std::move(merged);
  }
}

}  // namespace

BatchLayout layout_of(const Batch& batch, const ModelConfig& config) {
  const std::size_t k = config.kernel_size, stride = k == 0 ? 1 : k / 2,
                    reach = std::max<std::size_t>(k, 1);
  const bool strict = config.masking == Masking::kStrict;
  BatchLayout layout;
  std::vector<FileRows> files;
  std::int64_t rows = 0;
  for (std::size_t f = 0; f + 1 < batch.offsets.size(); ++f) {
    const auto begin = static_cast<std::size_t>(batch.offsets[f]),
               end = static_cast<std::size_t>(batch.offsets[f + 1]);
    const std::span<const std::int32_t> ids = std::span(batch.ids).subspan(begin, end - begin);
    const std::size_t n = tokens_for(ids.size(), k);
    if (n > config.max_tokens)
      throw UsageError(fmt::format(
          "{}: {} bytes make {} tokens, but the model has positions for {}. Cut the file, or raise "
          "max_num_tokens.",
          f < batch.names.size() ? batch.names[f] : "a file", ids.size(), n, config.max_tokens));
    for (std::size_t t = 0; t < n; ++t) {
      layout.positions.push_back(static_cast<std::int64_t>(t));
      for (std::size_t p = 0; p < reach; ++p) {
        const std::int32_t id = ids[t * stride + p];
        layout.table_rows.push_back(static_cast<std::int64_t>(p * ModelConfig::kVocabulary) +
                                    (id < 0 ? ModelConfig::kPaddingId : id));
      }
    }
    files.push_back({rows, strict ? real_tokens(ids, k) : std::vector<bool>(n, true)});
    rows += static_cast<std::int64_t>(n);
  }
  for (std::size_t i = 0; i < config.layers; ++i) {
    LayerLayout layer;
    layer.window = static_cast<std::int64_t>(config.windows[i]);
    layer.scatter.assign(static_cast<std::size_t>(rows), -1);
    for (const FileRows& file : files)
      add_windows(file, config.windows[i], config.shifts[i], config.masking, layer);
    if (std::find(layer.attended.begin(), layer.attended.end(), 0) == layer.attended.end())
      layer.attended.clear();
    if (config.merges[i]) {
      merge(files, layer);
      rows = files.empty() ? 0 : files.back().first + files.back().rows();
    }
    layout.layers.push_back(std::move(layer));
  }
  for (const FileRows& file : files) {
    layout.mean_offsets.push_back(static_cast<std::int64_t>(layout.mean_rows.size()));
    for (std::int64_t r = 0; r < file.rows(); ++r)
      if (file.real[static_cast<std::size_t>(r)]) layout.mean_rows.push_back(file.first + r);
  }
  return layout;
}

Batch padded(const Batch& batch) {
  std::int64_t longest = 0;
  for (std::size_t f = 0; f + 1 < batch.offsets.size(); ++f)
    longest = std::max(longest, batch.offsets[f + 1] - batch.offsets[f]);
  Batch result{{}, {0}, batch.targets, batch.names, batch.mixed};
  for (std::size_t f = 0; f + 1 < batch.offsets.size(); ++f) {
    result.ids.insert(result.ids.end(), batch.ids.begin() + batch.offsets[f],
                      batch.ids.begin() + batch.offsets[f + 1]);
    result.offsets.push_back(result.offsets.back() + longest);
    result.ids.resize(static_cast<std::size_t>(result.offsets.back()), -1);
  }
  return result;
}

}  // namespace byteformer
