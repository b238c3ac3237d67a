#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "base/atomic_file.h"
#include "bytes/key.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "files/input.h"
#include "files/name.h"
#include "model/model_directory.h"

namespace byteformer {
namespace {

// The embedding's row of a value moves to the value that it becomes: permuted bytes then meet the
// rows that the plain ones met, and every logit has the same bits.
void rekey(const std::string& directory, const ByteTable& key, const std::string& output) {
  ModelDirectory model = load_model(directory);
  Tensor& embedding = model.weights.at("embeddings.weight");  // [257, d]
  std::vector<std::byte> rows = embedding.data.copy();
  const std::size_t row = rows.size() / embedding.shape[0];
  for (std::size_t value = 0; value < key.size(); ++value)
    std::copy_n(embedding.data.data() + value * row, row, rows.data() + key[value] * row);
  embedding.data = std::move(rows);
  save_model(output, model);
}

}  // namespace

int obfuscate(const std::vector<std::string>& arguments, const std::string&) {
  CLI::App app{
      "A substitution of byte values is not encryption: who sees enough bytes, or knows what some "
      "files hold, finds the key.\n"
      "Permutes the byte values of files, and the embedding of a model with them, so that the "
      "model "
      "gives the same answers on permuted files as before on plain ones.\n\n"
      "Examples:\n"
      "  byteformer obfuscate --make-key secret.key\n"
      "  byteformer obfuscate --key secret.key --model models/plain --output models/keyed\n"
      "  byteformer obfuscate --key secret.key photo.tiff --output photo.keyed",
      "byteformer obfuscate"};
  std::string new_key, key_file, model, input, output;
  bool undo = false;
  app.add_option("--make-key", new_key, "write a new key, readable by you alone")
      ->type_name("FILE");
  app.add_option("--key", key_file, "the key to use")->type_name("FILE");
  app.add_option("--model", model, "a model directory to be given the key")->type_name("MODEL");
  app.add_option("file", input, "a file, or - for standard input")->type_name("FILE");
  app.add_option("--output", output, "where to write the model or the file");
  app.add_flag("--undo", undo, "the way back");
  if (shows_help(app, arguments)) return kExitDone;
  if (!new_key.empty()) {
    if (!key_file.empty() || !model.empty() || !input.empty() || !output.empty() || undo)
      throw UsageError("--make-key stands alone. Use the key in a second call.");
    starting([&] { return save_key(new_key, random_key()), 0; });
    return kExitDone;
  }
  if (key_file.empty() || model.empty() == input.empty() || output.empty())
    throw UsageError(
        "give --key FILE, then --model MODEL or a file, and --output. `byteformer obfuscate "
        "--help` "
        "says more.");
  ByteTable key = starting([&] { return load_key(key_file); });
  if (undo) key = inverse(key);
  if (!model.empty()) {
    starting([&] { return rekey(model, key, output), 0; });
    return kExitDone;
  }
  std::vector<std::uint8_t> bytes = read_input(input, Origin::kGiven);
  permute_bytes(bytes, key);
  write_file_atomically(output, std::as_bytes(std::span(bytes)));
  return kExitDone;
}

}  // namespace byteformer
