// A page of pictures like the paper's of what a model learnt about byte values and positions: which
// rows of a table are alike. One file, no script, nothing loaded from elsewhere.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace byteformer {

// Cosines of the angles between rows, [rows, rows]. A row of zeros is like none, itself included.
std::vector<float> cosine_similarity(std::span<const float> values, std::size_t rows);

struct SimilarityPicture {
  std::string title, note;
  std::vector<float> similarity;    // [n, n], -1 to 1
  std::vector<std::size_t> labels;  // [n], what each row is: some are written at the axes
};

std::string similarity_page(const std::string& title, const std::string& command,
                            const std::vector<SimilarityPicture>& pictures);

}  // namespace byteformer
