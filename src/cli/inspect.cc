#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "byteformer/error.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/embeddings.h"
#include "cli/exit_status.h"
#include "cli/record.h"
#include "cli/say.h"
#include "files/name.h"
#include "model/config_json.h"
#include "model/counts.h"
#include "model/geometry.h"
#include "model/golden_logits.h"
#include "model/model_directory.h"
#include "model/staged_forward.h"
#include "recipe/recipe.h"
#include "runtime/self_test.h"

namespace byteformer {
namespace {

using Json = nlohmann::ordered_json;

Json macs_json(const Macs& m) {
  return {{"stem", m.stem},     {"linears", m.linears},       {"attention", m.attention},
          {"merges", m.merges}, {"classifier", m.classifier}, {"total", m.total()}};
}

Json facts_of(const ModelConfig& config, std::size_t bytes) {
  Json facts;
  facts["architecture"] = to_json(config);
  facts["parameters"] = parameter_count(config);
  facts["bytes"] = bytes;
  facts["tokens"] = tokens_for(bytes, config.kernel_size);
  facts["macs_padded"] = macs_json(macs_padded(config, bytes));
  facts["macs_real_rows"] = macs_json(macs_real_rows(config, bytes));
  facts["stem_as_table"] = {{"additions", table_additions(config, bytes)},
                            {"table_bytes", table_bytes(config)}};
  facts["weights_bytes_f32"] = 4 * parameter_count(config);
  facts["max_bytes"] = max_bytes_for(config.max_tokens, config.kernel_size);
  return facts;
}

std::string listed(const Json& values) {
  std::string text;
  for (const auto& v : values)
    text += (text.empty() ? "" : " ") +
            (v.is_boolean() ? std::string(v.get<bool>() ? "yes" : "no") : v.dump());
  return text;
}

std::string table_of(const Json& facts) {
  const Json& a = facts["architecture"];
  std::string text;
  auto line = [&](const char* name, const std::string& value) {
    text += fmt::format("{:<16} {}\n", name, value);
  };
  for (const char* key : {"width", "layers", "heads", "ffn", "kernel_size", "max_tokens"})
    line(key, a[key].dump());
  for (const char* key : {"positions", "masking"}) line(key, a[key].get<std::string>());
  for (const char* key : {"windows", "shifts", "merges"}) line(key, listed(a[key]));
  line("parameters", fmt::format("{} ({:.1f} MB in float32)", facts["parameters"].dump(),
                                 facts["weights_bytes_f32"].get<double>() / 1e6));
  line("longest file", fmt::format("{} bytes", facts["max_bytes"].dump()));
  line("for a file of",
       fmt::format("{} bytes, {} tokens", facts["bytes"].dump(), facts["tokens"].dump()));
  const Json& m = facts["macs_padded"];
  auto mega = [](const Json& v) { return v.get<double>() / 1e6; };
  line("  MMAC",
       fmt::format(
           "{:.2f} (stem as a convolution {:.2f}, linears {:.2f}, attention {:.2f}, merges {:.2f})",
           mega(m["total"]), mega(m["stem"]), mega(m["linears"]), mega(m["attention"]),
           mega(m["merges"])));
  line("  stem as table", fmt::format("{:.2f} million additions, table of {:.1f} MB",
                                      mega(facts["stem_as_table"]["additions"]),
                                      mega(facts["stem_as_table"]["table_bytes"])));
  if (facts.contains("classes")) {
    line("classes", fmt::format("{}", facts["classes"].size()));
    for (const auto& name : facts["classes"])
      text += "  " + printable(name.get<std::string>()) + "\n";
  }
  if (facts.contains("golden_difference"))
    line("golden check", fmt::format("{:.2g} of the logits' rms by the simple pass",
                                     facts["golden_difference"].get<double>()));
  if (facts.contains("golden_by_kernels"))
    for (const Json& of : facts["golden_by_kernels"])
      line(("  " + of["kernels"].get<std::string>()).c_str(),
           fmt::format("{:<5} {:.2g} (allowed {:.2g})", of["precision"].get<std::string>(),
                       of["difference"].get<double>(), of["allowed"].get<double>()));
  return text;
}

// The golden logits by the simple pass and by every kernel set and precision that runs here,
// however long that takes. False if one of them is off by more than the self-test at load allows.
bool check_kernels(const std::string& path, const ModelDirectory& model, Json& facts) {
  facts["golden_difference"] = check_golden(path);
  bool is_right = facts["golden_difference"] <= self_test_bound(kernels::Precision::kF32);
  const std::vector<GoldenLogits> golden = load_golden(path, model.config);
  for (const kernels::Set* set : kernels::usable_sets())
    for (const auto precision :
         {kernels::Precision::kF32, kernels::Precision::kBf16, kernels::Precision::kInt8}) {
      if (kernels::offered(*set, precision) == nullptr) continue;
      const StagedModel staged(model.config, model.weights, precision, *set);
      const double difference = golden_difference(
                       golden,
                       [&](std::span<const std::uint8_t> bytes) { return staged.logits(bytes); }),
                   allowed = self_test_bound(precision);
      is_right = is_right && difference <= allowed;
      facts["golden_by_kernels"].push_back({{"kernels", set->name},
                                            {"precision", kernels::name_of(precision)},
                                            {"difference", difference},
                                            {"allowed", allowed}});
    }
  return is_right;
}

}  // namespace

int inspect(const std::vector<std::string>& arguments, const std::string& command_line) {
  CLI::App app{
      "Says what a model or a recipe is: architecture, parameters, multiply-accumulates, memory, "
      "classes.\n\n"
      "Examples:\n"
      "  byteformer inspect models/fashion-mnist-tiff --check\n"
      "  byteformer inspect models/fashion-mnist-tiff --embeddings embeddings.html\n"
      "  byteformer inspect configs/fashion-mnist-tiff.yaml --classes 10 --bytes 2492 --json",
      "byteformer inspect"};
  std::string path, embeddings;
  std::size_t bytes = 48564, classes = 1000;
  bool json = false, check_logits = false;
  app.add_option("path", path, "a model directory or a recipe")
      ->required()
      ->type_name("MODEL|RECIPE");
  app.add_option("--bytes", bytes, "length of the file that is counted for")->capture_default_str();
  app.add_option("--classes", classes, "of a recipe; by default its n_classes, where it has them")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 24));
  app.add_flag("--check", check_logits,
               "compute the model's golden inputs with every kernel set of this machine; status 1 "
               "if one is wrong");
  app.add_option(
         "--embeddings", embeddings,
         "also write a page with the paper's pictures: which byte values and which positions "
         "are alike to the model")
      ->type_name("FILE");
  app.add_flag("--json", json, "one object");
  if (shows_help(app, arguments)) return kExitDone;

  Json facts;
  bool is_right = true;
  check_is_there(path, "Give a model directory or a recipe (YAML file).");
  if (std::filesystem::is_directory(path)) {
    const ModelDirectory model = starting([&] { return load_model(path); });
    facts = facts_of(model.config, bytes);
    facts["classes"] = model.classes;
    facts["input"] = Json::parse(model.input);
    if (check_logits) is_right = check_kernels(path, model, facts);
    if (!embeddings.empty()) {
      write_file_atomically(embeddings, similarity_page("Embeddings of " + path, command_line,
                                                        embedding_pictures(model)));
      say("wrote " + printable(embeddings));
    }
  } else {
    if (check_logits || !embeddings.empty())
      throw UsageError(fmt::format("{} needs a model directory; {} is a recipe.",
                                   check_logits ? "--check" : "--embeddings", printable(path)));
    Recipe recipe = starting([&] { return load_recipe(path); });
    if (recipe.model.classes == 0 || app.count("--classes") > 0) recipe.model.classes = classes;
    facts = facts_of(recipe.model, bytes);
  }
  const bool as_json = json || chosen_format("", false) != Format::kTable;
  write_out(as_json ? facts.dump() + "\n" : table_of(facts));
  return is_right ? kExitDone : kExitSomeInputsFailed;
}

}  // namespace byteformer
