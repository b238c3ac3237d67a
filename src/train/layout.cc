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

void add_strict_windows(const FileRows& file, std::int64_t w, std::int64_t s, LayerLayout& layer) {
  // Groups begin at s mod w; the first one may be partial.
  const std::int64_t lead = (w - s % w) % w;
  for (std::int64_t begin = -lead; begin < file.rows(); begin += w) {
    const std::int64_t from = std::max<std::int64_t>(begin, 0),
                       to = std::min(begin + w, file.rows());
    bool any = false;
    for (std::int64_t r = from; r < to; ++r) any |= file.real[static_cast<std::size_t>(r)];
    if (!any) continue;  // nobody reads what becomes of these rows
    const auto place = static_cast<std::int64_t>(layer.gather.size());
    for (std::int64_t r = from; r < to; ++r) {
      const bool real = file.real[static_cast<std::size_t>(r)];
      layer.gather.push_back(file.first + r);
      layer.attended.push_back(real ? 1 : 0);
      layer.scatter[static_cast<std::size_t>(file.first + r)] = place + r - from;
    }
    layer.gather.resize(static_cast<std::size_t>(place + w), -1);
    layer.attended.resize(static_cast<std::size_t>(place + w), 0);
  }
}

void add_reference_windows(const FileRows& file, std::int64_t w, std::int64_t s,
                           LayerLayout& layer) {
  const std::int64_t n = file.rows(), padded_rows = (n + w - 1) / w * w;
  for (std::int64_t j = 0; j < padded_rows; ++j) {
    const std::int64_t row = (j + s) % padded_rows;  // rolled by -s
    if (row < n)
      layer.scatter[static_cast<std::size_t>(file.first + row)] =
          static_cast<std::int64_t>(layer.gather.size());
    layer.gather.push_back(row < n ? file.first + row : -1);
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
    const auto shift = static_cast<std::int64_t>(config.shifts[i]);
    layer.scatter.assign(static_cast<std::size_t>(rows), -1);
    for (const FileRows& file : files)
      strict ? add_strict_windows(file, layer.window, shift, layer)
             : add_reference_windows(file, layer.window, shift, layer);
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
  Batch result{{}, {0}, batch.targets, batch.names};
  for (std::size_t f = 0; f + 1 < batch.offsets.size(); ++f) {
    result.ids.insert(result.ids.end(), batch.ids.begin() + batch.offsets[f],
                      batch.ids.begin() + batch.offsets[f + 1]);
    result.offsets.push_back(result.offsets.back() + longest);
    result.ids.resize(static_cast<std::size_t>(result.offsets.back()), -1);
  }
  return result;
}

}  // namespace byteformer
