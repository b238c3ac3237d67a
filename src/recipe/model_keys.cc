#include "recipe/schema.h"

namespace byteformer {

void add_model_keys(std::vector<Key>& keys) {
  const std::string prefix = "model.classification.byteformer.";
  Section<ModelConfig> model(keys, prefix, &Recipe::model);
  model.count("width", &ModelConfig::width, 64, "channels d, a multiple of 64");
  model.count("layers", &ModelConfig::layers, 1, "layers");
  model.count("ffn", &ModelConfig::ffn, 1, "hidden channels of the FFN");
  model.count("conv_kernel_size", &ModelConfig::kernel_size, 0,
              "k, bytes of a token; the stride is half of it");
  model.list("window_sizes", &ModelConfig::windows, "a whole number from 0 on",
             "tokens of a window; one value serves every layer");
  model.list("window_shifts", &ModelConfig::shifts, "a whole number from 0 on",
             "tokens by which a layer's windows move; one value serves every layer");
  model.list("downsample", &ModelConfig::merges, "true or false",
             "whether a token merge follows the layer; one value serves every layer");
  model.count("max_num_tokens", &ModelConfig::max_tokens, 1, "rows of the position table");
  model.boolean("sinusoidal_pos_emb", &ModelConfig::positions,
                "fixed sines instead of learned positions", Positions::kSinusoidal,
                Positions::kLearned);
  model.choice<Masking>("masking", &ModelConfig::masking,
                        {{"strict", Masking::kStrict}, {"reference", Masking::kReference}},
                        "how padding is read");

  Section<ModelConfig> head(keys, "model.classification.", &Recipe::model);
  head.count("n_classes", &ModelConfig::classes, 0,
             "classes that the data must have; 0: as many as it has");

  Section<Recipe> weights(keys, "model.classification.", [](Recipe& r) -> Recipe& { return r; });
  weights.text("pretrained", &Recipe::pretrained,
               "of `eval`: a model directory, or a .pt file of the reference");

  Section<Recipe> recipe(keys, prefix, [](Recipe& r) -> Recipe& { return r; });
  recipe.choice<EmbeddingInit>(
      "embedding_init", &Recipe::embedding_init,
      {{"sinusoid", EmbeddingInit::kSinusoid}, {"normal", EmbeddingInit::kNormal}},
      "how byte embeddings start: sines of the byte's value, or noise as the reference");
  recipe.choice<std::string>("weights_type", &Recipe::weights_type,
                             {{"F32", "F32"}, {"F16", "F16"}, {"BF16", "BF16"}},
                             "type of the weights in the model that is written");
}

}  // namespace byteformer
