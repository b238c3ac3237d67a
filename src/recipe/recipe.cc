#include "recipe/recipe.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <variant>

#include "byteformer/error.h"
#include "model/nearest_name.h"

namespace byteformer {
namespace {

constexpr std::size_t kMaxRecipeBytes = 1 << 20, kMaxDepth = 16, kMaxNodes = 100'000;

// A value as it stood in YAML, with its place for messages.
struct Value {
  YAML::Node node;
  std::string where;  // "recipe.yaml:14" or "the override key=value"
};

[[noreturn]] void wrong(const Value& value, const std::string& key, const std::string& allowed) {
  std::string found;
  if (value.node.IsScalar())
    found = "\"" + value.node.Scalar() + "\"";
  else if (value.node.IsSequence())
    found = fmt::format("a list of {} entries", value.node.size());
  else
    found = value.node.IsMap() ? "a group of keys" : "empty";
  throw ConfigError(fmt::format("{}: {} is {}, but must be {}.", value.where, key, found, allowed));
}

template <class Number>
Number number_of(const Value& value, const std::string& key, const std::string& allowed) {
  if (!value.node.IsScalar()) wrong(value, key, allowed);
  const std::string& text = value.node.Scalar();
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) wrong(value, key, allowed);
  return number;
}

bool bool_of(const Value& value, const std::string& key) {
  if (value.node.IsScalar()) {
    std::string text = value.node.Scalar();
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    if (text == "true" || text == "1") return true;
    if (text == "false" || text == "0") return false;
  }
  wrong(value, key, "true or false");
}

std::string real_text(double value) { return fmt::format("{}", value); }

// A key of the schema: how it is read, how it is written, what it means.
struct Key {
  std::string name;
  std::string type;
  std::string help;
  std::function<void(Recipe&, const Value&)> read;
  std::function<std::string(const Recipe&)> write;  // a YAML value on one line
};

template <class Get>
Key count_key(const char* name, std::uint64_t low, const char* help, Get get) {
  return {name, "whole number", help,
          [=](Recipe& r, const Value& v) {
            const std::string allowed = fmt::format("a whole number from {} on", low);
            const auto number = number_of<std::uint64_t>(v, name, allowed);
            if (number < low) wrong(v, name, allowed);
            get(r) = number;
          },
          [=](const Recipe& r) { return std::to_string(get(const_cast<Recipe&>(r))); }};
}

template <class Get>
Key real_key(const char* name, double low, double high, const char* help, Get get) {
  return {name, "number", help,
          [=](Recipe& r, const Value& v) {
            const std::string allowed = fmt::format("a number from {} to {}", low, high);
            const double number = number_of<double>(v, name, allowed);
            if (!(number >= low && number <= high)) wrong(v, name, allowed);
            get(r) = number;
          },
          [=](const Recipe& r) { return real_text(get(const_cast<Recipe&>(r))); }};
}

template <class Get>
Key bool_key(const char* name, const char* help, Get get) {
  return {
      name, "true or false", help, [=](Recipe& r, const Value& v) { get(r) = bool_of(v, name); },
      [=](const Recipe& r) { return std::string(get(const_cast<Recipe&>(r)) ? "true" : "false"); }};
}

template <class Get>
Key text_key(const char* name, const char* help, Get get) {
  return {name, "text", help,
          [=](Recipe& r, const Value& v) {
            if (!v.node.IsScalar() && !v.node.IsNull()) wrong(v, name, "a text");
            get(r) = v.node.IsNull() ? "" : v.node.Scalar();
          },
          [=](const Recipe& r) { return nlohmann::json(get(const_cast<Recipe&>(r))).dump(); }};
}

// One of a few names; the value is the name's place in the list.
template <class Get, class Set>
Key choice_key(const char* name, std::vector<std::string> names, const char* help, Get get,
               Set set) {
  return {name, fmt::format("{}", fmt::join(names, " | ")), help,
          [=](Recipe& r, const Value& v) {
            const std::string text = v.node.IsScalar() ? v.node.Scalar() : "";
            const auto found = std::find(names.begin(), names.end(), text);
            if (found == names.end()) wrong(v, name, fmt::format("{}", fmt::join(names, " or ")));
            set(r, static_cast<std::size_t>(found - names.begin()));
          },
          [=](const Recipe& r) { return names[get(r)]; }};
}

// One value a layer; a single one serves every layer (finish() spreads it once the number of layers
// is known).
template <class Get, class Item, class Show>
Key list_key(const char* name, const char* type, const char* help, Get get, Item item, Show show) {
  return {name, type, help,
          [=](Recipe& r, const Value& v) {
            auto& list = get(r);
            list.clear();
            if (v.node.IsScalar()) {
              list.push_back(item(v));
            } else if (v.node.IsSequence()) {
              for (const YAML::Node& entry : v.node) list.push_back(item(Value{entry, v.where}));
            }
            if (list.empty()) wrong(v, name, "a value, or a list with one value a layer");
          },
          [=](const Recipe& r) {
            std::vector<std::string> items;
            for (const auto& entry : get(const_cast<Recipe&>(r))) items.push_back(show(entry));
            return fmt::format("[{}]", fmt::join(items, ", "));
          }};
}

std::vector<Key> make_keys() {
  const std::string net = "model.classification.byteformer.";
  std::vector<Key> keys;
  auto add = [&](Key key) { keys.push_back(std::move(key)); };
  auto size_item = [](const char* name) {
    return [name](const Value& v) {
      return number_of<std::size_t>(v, name, "a whole number from 0 on, or a list of these");
    };
  };
  auto show_size = [](std::size_t n) { return std::to_string(n); };

  add(text_key(
      "dataset.root_train", "folder DIR/<class>/<file>, or a tar archive of these",
      [](Recipe & r) -> auto& { return r.data.train; }));
  add(text_key(
      "dataset.root_val", "the same for validation; empty: split off root_train",
      [](Recipe & r) -> auto& { return r.data.validation; }));
  add(real_key(
      "dataset.validation_share", 0, 0.9,
      "share of root_train for validation where root_val is empty",
      [](Recipe & r) -> auto& { return r.data.validation_share; }));
  add(count_key(
      "dataset.train_batch_size0", 1, "files a micro batch",
      [](Recipe & r) -> auto& { return r.data.batch; }));
  add(count_key(
      "dataset.workers", 1, "threads that read ahead; never change the result",
      [](Recipe & r) -> auto& { return r.data.workers; }));
  add(bool_key(
      "dataset.padded_batches", "the reference's padded batches instead of ragged ones",
      [](Recipe & r) -> auto& { return r.data.padded_batches; }));
  add(text_key(
      "dataset.input", "what the bytes are, as a JSON object that the model carries",
      [](Recipe & r) -> auto& { return r.data.input; }));
  add(bool_key(
      "byte_augmentation.flip",
      "mirror a picture's rows, for half of the draws (uncompressed TIFF files)",
      [](Recipe & r) -> auto& { return r.augmentation.flip; }));
  add(count_key(
      "byte_augmentation.shift", 0, "move a picture by up to so many pixels each way",
      [](Recipe & r) -> auto& { return r.augmentation.shift; }));
  add(real_key(
      "byte_augmentation.erase", 0, 1, "probability of erasing a rectangle of a picture",
      [](Recipe & r) -> auto& { return r.augmentation.erase; }));
  add(count_key(
      "common.accum_freq", 1, "micro batches an optimiser step",
      [](Recipe & r) -> auto& { return r.common.accumulation; }));
  add(bool_key(
      "common.mean_accumulation",
      "mean of the micro batches' gradients; false: their sum, as the reference",
      [](Recipe & r) -> auto& { return r.common.mean_accumulation; }));
  add(bool_key(
      "common.mixed_precision", "BF16 autocast",
      [](Recipe & r) -> auto& { return r.common.bf16; }));
  add(count_key(
      "common.seed", 0, "of initialisation, order and augmentation",
      [](Recipe & r) -> auto& { return r.common.seed; }));
  add(count_key(
      "common.max_iterations", 0, "stop after so many optimiser steps; 0: no limit",
      [](Recipe & r) -> auto& { return r.common.max_iterations; }));
  add(real_key(
      "loss.classification.cross_entropy.label_smoothing", 0, 0.99, "of the training loss",
      [](Recipe & r) -> auto& { return r.loss.label_smoothing; }));
  add(real_key(
      "optim.weight_decay", 0, 10, "of tensors with more than one dimension (AdamW)",
      [](Recipe & r) -> auto& { return r.optim.weight_decay; }));
  add(real_key(
      "optim.eps", 0, 1, "of AdamW", [](Recipe & r) -> auto& { return r.optim.eps; }));
  add(real_key(
      "optim.adamw.beta1", 0, 0.999999, "of AdamW",
      [](Recipe & r) -> auto& { return r.optim.beta1; }));
  add(real_key(
      "optim.adamw.beta2", 0, 0.999999999, "of AdamW",
      [](Recipe & r) -> auto& { return r.optim.beta2; }));
  add(real_key(
      "optim.max_gradient_norm", 0, 1e30, "longer gradients are scaled down to it; 0: never",
      [](Recipe & r) -> auto& { return r.optim.max_gradient_norm; }));
  add(count_key(
      "scheduler.max_epochs", 1, "epochs",
      [](Recipe & r) -> auto& { return r.scheduler.max_epochs; }));
  add(count_key(
      "scheduler.warmup_iterations", 0, "optimiser steps of the linear warm-up",
      [](Recipe & r) -> auto& { return r.scheduler.warmup_iterations; }));
  add(real_key(
      "scheduler.warmup_init_lr", 0, 100, "learning rate where the warm-up begins",
      [](Recipe & r) -> auto& { return r.scheduler.warmup_init_lr; }));
  add(real_key(
      "scheduler.cosine.max_lr", 0, 100, "learning rate after the warm-up",
      [](Recipe & r) -> auto& { return r.scheduler.max_lr; }));
  add(real_key(
      "scheduler.cosine.min_lr", 0, 100, "learning rate towards the end",
      [](Recipe & r) -> auto& { return r.scheduler.min_lr; }));
  add(bool_key(
      "scheduler.round_rate", "round the rate to 8 decimal places, as the reference",
      [](Recipe & r) -> auto& { return r.scheduler.round_rate; }));
  add(bool_key(
      "ema.enable", "keep a moving average of the weights",
      [](Recipe & r) -> auto& { return r.ema.enable; }));
  add(real_key(
      "ema.momentum", 0, 1, "m in ema = ema * (1 - m) + m * weights",
      [](Recipe & r) -> auto& { return r.ema.momentum; }));
  add(count_key(
      "model.classification.byteformer.width", 64, "channels d, a multiple of 64",
      [](Recipe & r) -> auto& { return r.model.width; }));
  add(count_key(
      "model.classification.byteformer.layers", 1, "layers",
      [](Recipe & r) -> auto& { return r.model.layers; }));
  add(count_key(
      "model.classification.byteformer.ffn", 1, "hidden channels of the FFN",
      [](Recipe & r) -> auto& { return r.model.ffn; }));
  add(count_key(
      "model.classification.byteformer.conv_kernel_size", 0,
      "k, bytes of a token; the stride is half of it",
      [](Recipe & r) -> auto& { return r.model.kernel_size; }));
  add(list_key(
      "model.classification.byteformer.window_sizes", "whole number(s)",
      "tokens of a window; one value serves every layer",
      [](Recipe & r) -> auto& { return r.model.windows; }, size_item("window_sizes"), show_size));
  add(list_key(
      "model.classification.byteformer.window_shifts", "whole numbers",
      "tokens by which a layer's windows move", [](Recipe & r) -> auto& { return r.model.shifts; },
      size_item("window_shifts"), show_size));
  add(list_key(
      "model.classification.byteformer.downsample", "true or false",
      "whether a token merge follows the layer", [](Recipe & r) -> auto& { return r.model.merges; },
      [](const Value& v) { return bool_of(v, "downsample"); },
      [](bool b) { return std::string(b ? "true" : "false"); }));
  add(count_key(
      "model.classification.byteformer.max_num_tokens", 1, "rows of the position table",
      [](Recipe & r) -> auto& { return r.model.max_tokens; }));
  add({net + "sinusoidal_pos_emb", "true or false", "fixed sines instead of learned positions",
       [net](Recipe& r, const Value& v) {
         r.model.positions =
             bool_of(v, net + "sinusoidal_pos_emb") ? Positions::kSinusoidal : Positions::kLearned;
       },
       [](const Recipe& r) {
         return std::string(r.model.positions == Positions::kSinusoidal ? "true" : "false");
       }});
  add(choice_key(
      "model.classification.byteformer.masking", {"strict", "reference"}, "how padding is read",
      [](const Recipe& r) { return r.model.masking == Masking::kStrict ? 0u : 1u; },
      [](Recipe& r, std::size_t i) {
        r.model.masking = i == 0 ? Masking::kStrict : Masking::kReference;
      }));
  add(choice_key(
      "model.classification.byteformer.embedding_init", {"sinusoid", "normal"},
      "how byte embeddings start: sines of the byte's value, or noise as the reference",
      [](const Recipe& r) { return r.embedding_init == EmbeddingInit::kSinusoid ? 0u : 1u; },
      [](Recipe& r, std::size_t i) {
        r.embedding_init = i == 0 ? EmbeddingInit::kSinusoid : EmbeddingInit::kNormal;
      }));
  const std::vector<std::string> types = {"F32", "F16", "BF16"};
  add(choice_key(
      "model.classification.byteformer.weights_type", types,
      "type of the weights in the model that is written",
      [types](const Recipe& r) {
        return static_cast<std::size_t>(std::find(types.begin(), types.end(), r.weights_type) -
                                        types.begin());
      },
      [types](Recipe& r, std::size_t i) { r.weights_type = types[i]; }));
  return keys;
}

const std::string kModeKey = "model.classification.byteformer.mode";

const std::vector<Key>& schema() {
  static const std::vector<Key> keys = make_keys();
  return keys;
}

const Key& key_named(const std::string& name, const std::string& where) {
  std::vector<std::string> names;
  for (const Key& key : schema()) {
    if (key.name == name) return key;
    names.push_back(key.name);
  }
  const std::string shown = name.substr(0, 200);
  throw ConfigError(
      fmt::format("{}: the key {} is not known; the nearest one is {}. `byteformer train "
                  "--help-recipe` lists all.",
                  where, shown, nearest_name(shown, names)));
}

// Nested YAML to dotted keys, in the order of the text.
class Flattener {
 public:
  explicit Flattener(std::string file) : file_(std::move(file)) {}

  void add(const YAML::Node& node, const std::string& prefix, std::size_t depth) {
    if (depth > kMaxDepth)
      throw ConfigError(place(node) + ": keys are nested more than 16 deep. Flatten the recipe.");
    for (const auto& entry : node) {
      if (++nodes_ > kMaxNodes)
        throw ConfigError(file_ + ": more than 100000 values. This is no recipe.");
      if (!entry.first.IsScalar())
        throw ConfigError(place(entry.first) + ": a key is no text. Write `key: value`.");
      const std::string name = prefix + entry.first.Scalar();
      if (entry.second.IsMap()) {
        add(entry.second, name + ".", depth + 1);
      } else if (!values_.emplace(name, Value{entry.second, place(entry.first)}).second) {
        throw ConfigError(
            fmt::format("{}: the key {} is there twice. Remove one.", place(entry.first), name));
      }
    }
  }

  std::map<std::string, Value> take() { return std::move(values_); }

 private:
  std::string place(const YAML::Node& node) const {
    return fmt::format("{}:{}", file_, node.Mark().line + 1);
  }

  std::string file_;
  std::size_t nodes_ = 0;
  std::map<std::string, Value> values_;
};

YAML::Node parse_yaml(const std::string& text, const std::string& name) {
  // Anchors and aliases could blow up to any size, and tags mean nothing here; no recipe of the
  // reference has them.
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.size() > 1)
      throw ConfigError(fmt::format("{}: {} YAML documents, but a recipe is one. Remove `---`.",
                                    name, documents.size()));
    return documents.empty() ? YAML::Node() : documents.front();
  } catch (const YAML::Exception& error) {
    throw ConfigError(
        fmt::format("{}:{}: not valid YAML: {}. Check indentation, colons and quotes.", name,
                    error.mark.line + 1, error.msg));
  }
}

// Brackets deeper than any recipe would exhaust the parser's stack before it says a word.
void check_shape(std::string_view text, const std::string& name) {
  if (text.size() > kMaxRecipeBytes)
    throw ConfigError(fmt::format("{}: {} bytes, but a recipe has at most {}. This is no recipe.",
                                  name, text.size(), kMaxRecipeBytes));
  std::size_t flow = 0, line = 1;
  bool line_start = true;
  std::size_t indicators = 0, indent = 0;
  for (const char c : text) {
    if (c == '\n') {
      ++line;
      line_start = true;
      indicators = indent = 0;
      continue;
    }
    if (c == '[' || c == '{') ++flow;
    if ((c == ']' || c == '}') && flow > 0) --flow;
    if (line_start && c == ' ')
      ++indent;
    else if (line_start && (c == '-' || c == '?'))
      ++indicators;
    else
      line_start = false;
    if (flow > kMaxDepth || indicators > kMaxDepth || indent > 200)
      throw ConfigError(
          fmt::format("{}:{}: nested more than 16 deep. Flatten the recipe.", name, line));
    if (c == '\0')
      throw ConfigError(fmt::format("{}:{}: a NUL byte. This is no recipe.", name, line));
  }
}

// Spreads single values over the layers, and fills lists that a free number of layers needs and
// nobody gave.
void finish(Recipe& recipe, const std::set<std::string>& given) {
  ModelConfig& m = recipe.model;
  const std::string net = "model.classification.byteformer.";
  m.heads = m.width / ModelConfig::kHeadSize;
  if (!given.contains(net + "ffn") && given.contains(net + "width")) m.ffn = 4 * m.width;
  if (m.windows.size() == 1 || !given.contains(net + "window_sizes"))
    m.windows.assign(m.layers, m.windows.at(0));
  if (!given.contains(net + "window_shifts")) m.shifts = default_shifts(m.layers);
  if (!given.contains(net + "downsample")) m.merges = default_merges(m.layers);
  if (m.shifts.size() == 1) m.shifts.assign(m.layers, m.shifts[0]);
  if (m.merges.size() == 1) m.merges.assign(m.layers, m.merges[0]);
}

}  // namespace

Recipe parse_recipe(std::string_view yaml, const std::string& file_name,
                    const std::vector<std::string>& overrides) {
  check_shape(yaml, file_name);
  const YAML::Node root = parse_yaml(std::string(yaml), file_name);
  if (!root.IsMap() && !root.IsNull())
    throw ConfigError(
        file_name +
        ": not a group of keys. A recipe is YAML such as `optim: {weight_decay: 0.05}`.");
  Flattener flattener(file_name);
  if (root.IsMap()) flattener.add(root, "", 1);
  std::map<std::string, Value> values = flattener.take();
  for (const std::string& text : overrides) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      throw ConfigError("the override " + text +
                        " has no value. Write key=value, such as scheduler.max_epochs=5.");
    check_shape(text, "the override " + text);
    values[text.substr(0, equals)] =
        Value{parse_yaml(text.substr(equals + 1), "the override " + text), "the override " + text};
  }

  Recipe recipe;
  recipe.model = config_of_size("tiny");
  if (const auto mode = values.find(kModeKey); mode != values.end()) {
    if (!mode->second.node.IsScalar()) wrong(mode->second, kModeKey, "tiny, small, base or huge");
    try {
      recipe.model = config_of_size(mode->second.node.Scalar());
    } catch (const ConfigError& error) {
      throw ConfigError(mode->second.where + ": " + error.what());
    }
    values.erase(mode);
  }
  std::set<std::string> given;
  for (const auto& [name, value] : values) {
    key_named(name, value.where).read(recipe, value);
    given.insert(name);
  }
  // Before finish() spreads the lists: their length is this number.
  if (recipe.model.layers > ModelConfig::kMaxLayers)
    throw ConfigError(
        fmt::format("{}: layers is {}, but must be from 1 to {}. The paper uses 12 and 32.",
                    file_name, recipe.model.layers, ModelConfig::kMaxLayers));
  finish(recipe, given);
  if (const auto input = nlohmann::json::parse(recipe.data.input, nullptr, false);
      !input.is_object())
    throw ConfigError(
        file_name +
        ": dataset.input is no JSON object. Write for instance '{\"encoding\": \"TIFF\"}'.");
  ModelConfig checked = recipe.model;
  checked.classes = 1;  // the data says how many
  try {
    check(checked);
  } catch (const ConfigError& error) {
    throw ConfigError(file_name + ": " + error.what());
  }
  return recipe;
}

Recipe load_recipe(const std::string& path, const std::vector<std::string>& overrides) {
  std::ifstream in(path, std::ios::binary);
  if (!in)
    throw IoError(path + ": cannot be opened. Check that the recipe is there and may be read.");
  std::string text(kMaxRecipeBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  // A folder opens, but does not read: it must not pass for an empty recipe.
  if (in.bad() || std::filesystem::is_directory(path))
    throw IoError(path + ": cannot be read. Give a recipe, a YAML file.");
  text.resize(static_cast<std::size_t>(in.gcount()));
  return parse_recipe(text, path, overrides);
}

std::string to_yaml(const Recipe& recipe) {
  // Keys that share their first parts stand together, in the order of the schema.
  std::string text;
  std::vector<std::string> open;
  std::vector<const Key*> keys;
  for (const Key& key : schema()) keys.push_back(&key);
  std::stable_sort(keys.begin(), keys.end(),
                   [](const Key* a, const Key* b) { return a->name < b->name; });
  for (const Key* key : keys) {
    std::vector<std::string> parts;
    std::istringstream in(key->name);
    for (std::string part; std::getline(in, part, '.');) parts.push_back(part);
    std::size_t common = 0;
    while (common < open.size() && common + 1 < parts.size() && open[common] == parts[common])
      ++common;
    open.resize(common);
    for (; common + 1 < parts.size(); ++common) {
      text += std::string(2 * common, ' ') + parts[common] + ":\n";
      open.push_back(parts[common]);
    }
    text += std::string(2 * common, ' ') + parts.back() + ": " + key->write(recipe) + "\n";
  }
  return text;
}

std::string recipe_help() {
  const Recipe defaults = parse_recipe("", "the defaults");
  std::string text = fmt::format(
      "{}: tiny | small | base | huge [tiny]\n    sets width, layers, ffn and the paper's lists\n",
      kModeKey);
  for (const Key& key : schema())
    text += fmt::format("{}: {} [{}]\n    {}\n", key.name, key.type, key.write(defaults), key.help);
  return text;
}

}  // namespace byteformer
