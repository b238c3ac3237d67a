// The reference's checkpoints: `.pt` files as torch.save writes them, a zip archive with a pickle
// that describes tensors and one entry for each tensor's bytes.
//
// Its trainer writes plain state dicts (checkpoint_last.pt, checkpoint_best.pt,
// checkpoint_ema_last.pt, ...) and training checkpoints (training_checkpoint_last.pt: model,
// optimiser and progress). Nothing in a file is executed (pickle.h), and everything in it is
// hostile until checked.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "tensor/tensor.h"

namespace byteformer {

// What nested dictionaries and lists hold, by the keys that lead there with dots between:
// "embeddings.weight", "model_state_dict.embeddings.weight", "optim_state_dict.state.0.exp_avg".
struct PtContents {
  TensorMap tensors;                          // row-major, whatever their strides were
  std::map<std::string, std::string> values;  // "epoch" -> "1"; None is "None"
};

// Throws IoError, or FormatError that names the file and the tensor. Tensors together are no larger
// than the file.
PtContents load_pt(const std::filesystem::path& path);
// `name` stands for the file in error texts.
PtContents parse_pt(std::span<const std::byte> file, const std::string& name);

enum class PtWeights {
  kTrained,   // of a state dict, or the model of a training checkpoint
  kAveraged,  // the EMA of a training checkpoint
};

// The weights under the names of the model's parameter table: without the path to them and without
// the "module." that wrapped models put before each name. Throws ModelError that names the file if
// there are none.
TensorMap weights_in(const PtContents& contents, PtWeights which, const std::string& name);

// A state dict that torch.load(weights_only=True) reads. The same tensors give the same bytes.
std::string serialize_pt(const TensorMap& tensors);
void save_pt(const std::filesystem::path& path, const TensorMap& tensors);  // atomically

}  // namespace byteformer
