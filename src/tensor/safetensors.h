// safetensors files: 8 bytes header length, a JSON header, then the tensors' bytes.
// Format: https://github.com/huggingface/safetensors. Everything in a header is hostile until
// checked.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "tensor/tensor.h"

namespace byteformer {

struct Safetensors {
  TensorMap tensors;
  std::map<std::string, std::string> metadata;  // "__metadata__"
};

// Throws IoError, or FormatError that names the file and the tensor. Tensors are parts of the
// mapped file (see map_file_bytes()).
Safetensors load_safetensors(const std::filesystem::path& path);
// `name` stands for the file in error texts.
Safetensors parse_safetensors(const SharedBytes& file, const std::string& name);

// Tensors by name order, header padded with spaces to 8 bytes. The same input gives the same bytes.
std::string serialize_safetensors(const Safetensors& contents);
void save_safetensors(const std::filesystem::path& path,
                      const Safetensors& contents);  // atomically

}  // namespace byteformer
