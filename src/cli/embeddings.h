// The paper's pictures of a model: which byte values, and which positions, are alike to it.
#pragma once

#include <vector>

#include "model/model_directory.h"
#include "report/similarity_page.h"

namespace byteformer {

// Of the byte embeddings; of the first positions, and of some over the whole table.
std::vector<SimilarityPicture> embedding_pictures(const ModelDirectory& model);

}  // namespace byteformer
