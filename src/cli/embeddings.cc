#include "cli/embeddings.h"

#include <fmt/format.h>

#include <algorithm>

namespace byteformer {
namespace {

constexpr std::size_t kRows = 256;  // of a picture, at most

SimilarityPicture picture_of(const std::vector<float>& table, std::size_t width,
                             std::vector<std::size_t> rows, std::string title, std::string note) {
  std::vector<float> values;
  for (const std::size_t row : rows)
    values.insert(values.end(), table.begin() + static_cast<std::ptrdiff_t>(row * width),
                  table.begin() + static_cast<std::ptrdiff_t>((row + 1) * width));
  return {std::move(title), std::move(note), cosine_similarity(values, rows.size()),
          std::move(rows)};
}

// `count` rows of [0, end), evenly spaced, both ends among them.
std::vector<std::size_t> spread(std::size_t count, std::size_t end) {
  std::vector<std::size_t> rows(std::min(count, end));
  for (std::size_t i = 0; i < rows.size(); ++i)
    rows[i] = rows.size() == 1 ? 0 : i * (end - 1) / (rows.size() - 1);
  return rows;
}

}  // namespace

std::vector<SimilarityPicture> embedding_pictures(const ModelDirectory& model) {
  constexpr std::size_t kByteValues = 256;
  const std::size_t width = model.config.width, positions = model.config.max_tokens;
  const std::vector<float> bytes = model.weights.at("embeddings.weight").to_floats(),
                           places = model.weights.at("pos_embed.pos_embed.pos_embed").to_floats();
  std::vector<SimilarityPicture> pictures;
  pictures.push_back(picture_of(bytes, width, spread(kByteValues, kByteValues), "Byte values",
                                "The embeddings of the 256 byte values."));
  pictures.push_back(
      picture_of(places, width, spread(kRows, std::min(kRows, positions)), "First positions",
                 "The embeddings of the first tokens' positions. Training reaches those that "
                 "its files have: the rest of the table is as it began."));
  if (positions > kRows)
    pictures.push_back(picture_of(
        places, width, spread(kRows, positions), "All positions",
        fmt::format("{} of the table's {} positions, evenly spaced.", kRows, positions)));
  return pictures;
}

}  // namespace byteformer
