#include "train/checkpoint.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "byteformer/error.h"
#include "tensor/safetensors.h"

namespace byteformer {
namespace {

constexpr const char* kFormat = "byteformer checkpoint 2";

void add(TensorMap& all, const std::string& prefix, const TensorMap& part) {
  for (const auto& [name, tensor] : part) all[prefix + name] = tensor;
}

TensorMap take(TensorMap& all, const std::string& prefix) {
  TensorMap part;
  for (auto& [name, tensor] : all)
    if (name.starts_with(prefix)) part[name.substr(prefix.size())] = std::move(tensor);
  return part;
}

[[noreturn]] void refuse_damaged(const std::string& path, const char* why) {
  throw FormatError(fmt::format(
      "{}: its state cannot be read ({}). The checkpoint is damaged; begin a new run.", path, why));
}

Checkpoint checkpoint_of(Safetensors file, const std::string& path) {
  if (file.metadata["format"] != kFormat)
    throw FormatError(
        fmt::format("{}: no checkpoint of this version (\"{}\" was expected). Give the "
                    "checkpoint-last of a run, or begin a new run.",
                    path, kFormat));
  Checkpoint c;
  c.weights = take(file.tensors, "weights/");
  c.ema = take(file.tensors, "ema/");
  c.adamw = take(file.tensors, "adamw/");
  try {
    const nlohmann::json state = nlohmann::json::parse(file.metadata["state"]);
    c.epoch = state.at("epoch");
    c.batch = state.at("batch");
    c.batch_files = state.at("batch_files");
    c.iteration = state.at("iteration");
    c.epoch_loss = state.at("epoch_loss");
    c.epoch_files = state.at("epoch_files");
    c.best = state.at("best");
    c.provenance.processor = state.at("processor");
    c.provenance.build = state.at("build");
    c.provenance.threads = state.at("threads");
    c.provenance.processes = state.at("processes");
    // Not in a checkpoint from before there were devices.
    c.provenance.device = state.value("device", c.provenance.device);
    if (state.contains("scaler"))
      c.scaler = {state.at("scaler").at("scale"), state.at("scaler").at("steps")};
    for (const auto& bytes : nlohmann::json::parse(file.metadata["classes"])) {
      std::string& name = c.classes.emplace_back();
      for (const auto& b : bytes) name += static_cast<char>(b.get<int>());
    }
    c.history = parse_history_csv(file.metadata["history"]);
  } catch (const nlohmann::json::exception& error) {
    refuse_damaged(path, error.what());
  } catch (const FormatError& error) {
    refuse_damaged(path, error.what());
  }
  c.recipe = file.metadata["recipe"];
  c.data = file.metadata["data"];
  return c;
}

}  // namespace

void save_checkpoint(const std::string& path, const Checkpoint& c) {
  Safetensors file;
  add(file.tensors, "weights/", c.weights);
  add(file.tensors, "ema/", c.ema);
  add(file.tensors, "adamw/", c.adamw);
  nlohmann::json state = {{"epoch", c.epoch},
                          {"batch", c.batch},
                          {"batch_files", c.batch_files},
                          {"iteration", c.iteration},
                          {"epoch_loss", c.epoch_loss},
                          {"epoch_files", c.epoch_files},
                          {"best", c.best},
                          {"processor", c.provenance.processor},
                          {"build", c.provenance.build},
                          {"threads", c.provenance.threads},
                          {"processes", c.provenance.processes},
                          {"device", c.provenance.device}};
  if (c.scaler) state["scaler"] = {{"scale", c.scaler->scale}, {"steps", c.scaler->steps}};
  // Class names are folder names and need not be UTF-8: kept as bytes.
  std::vector<std::vector<int>> classes;
  for (const std::string& name : c.classes) {
    std::vector<int>& bytes = classes.emplace_back();
    for (const char b : name) bytes.push_back(static_cast<unsigned char>(b));
  }
  file.metadata = {{"format", kFormat},
                   {"state", state.dump()},
                   {"recipe", c.recipe},
                   {"classes", nlohmann::json(classes).dump()},
                   {"history", history_csv(c.history)},
                   {"data", c.data}};
  save_safetensors(path, file);
}

Checkpoint load_checkpoint(const std::string& path) {
  return checkpoint_of(load_safetensors(path), path);
}

Checkpoint parse_checkpoint(const std::string& bytes, const std::string& path) {
  const auto* first = reinterpret_cast<const std::byte*>(bytes.data());
  return checkpoint_of(parse_safetensors(std::vector<std::byte>(first, first + bytes.size()), path),
                       path);
}

}  // namespace byteformer
