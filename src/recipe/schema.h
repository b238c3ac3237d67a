// The schema: one row a key of a recipe. It feeds the reader, the writer and the help.
#pragma once

#include <vector>

#include "recipe/section.h"

namespace byteformer {

// Sets width, layers, ffn and the paper's lists before any other key is read.
inline constexpr const char* kModeKey = "model.classification.byteformer.mode";

// The reference's number of heads, which follows from the width and must agree with it.
inline constexpr const char* kHeadsKey = "model.classification.byteformer.n_attn_heads";

// In the order in which their values are read.
const std::vector<Key>& schema();

// Its parts.
void add_data_keys(std::vector<Key>& keys);
void add_image_keys(std::vector<Key>& keys);
void add_audio_keys(std::vector<Key>& keys);
void add_training_keys(std::vector<Key>& keys);
void add_model_keys(std::vector<Key>& keys);

}  // namespace byteformer
