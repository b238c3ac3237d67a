#include "recipe/yaml_text.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>

#include <sstream>

#include "byteformer/error.h"

namespace byteformer {
namespace {

constexpr std::size_t kMaxDepth = 16, kMaxIndent = 200, kMaxNodes = 100'000;

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
    if (flow > kMaxDepth || indicators > kMaxDepth || indent > kMaxIndent)
      throw ConfigError(fmt::format("{}:{}: nested more than {} deep. Flatten the recipe.", name,
                                    line, kMaxDepth));
    if (c == '\0')
      throw ConfigError(fmt::format("{}:{}: a NUL byte. This is no recipe.", name, line));
  }
}

// Counts documents. YAML::LoadAll keeps them all, and punctuation that belongs to nothing, such as
// a lone comma, is to yaml-cpp an endless row of empty ones.
class DocumentCounter : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    ++documents_;
    last_line_ = mark.line + 1;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

  std::size_t documents() const { return documents_; }
  int last_line() const { return last_line_; }

 private:
  std::size_t documents_ = 0;
  int last_line_ = 0;
};

YAML::Node parse(std::string_view text, const std::string& name) {
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    DocumentCounter counter;
    while (counter.documents() < 2 && parser.HandleNextDocument(counter)) continue;
    if (counter.documents() > 1)
      throw ConfigError(fmt::format(
          "{}:{}: a second YAML document begins here, but a recipe is one. Remove `---`, or a "
          "comma or bracket that belongs to nothing.",
          name, counter.last_line()));
    return YAML::Load(std::string(text));
  } catch (const YAML::Exception& error) {
    throw ConfigError(
        fmt::format("{}:{}: not valid YAML: {}. Check indentation, colons and quotes.", name,
                    error.mark.line + 1, error.msg));
  }
}

// Nested YAML to dotted keys. Depth and number are counted while walking: aliases could blow both
// up.
class Flattener {
 public:
  explicit Flattener(std::string file) : file_(std::move(file)) {}

  void add(const YAML::Node& node, const std::string& prefix, std::size_t depth) {
    if (depth > kMaxDepth)
      throw ConfigError(fmt::format("{}: keys are nested more than {} deep. Flatten the recipe.",
                                    place(node), kMaxDepth));
    for (const auto& entry : node) {
      if (++nodes_ > kMaxNodes)
        throw ConfigError(
            fmt::format("{}: more than {} values. This is no recipe.", file_, kMaxNodes));
      if (!entry.first.IsScalar())
        throw ConfigError(place(entry.first) + ": a key is no text. Write `key: value`.");
      const std::string name = prefix + entry.first.Scalar();
      if (entry.second.IsMap()) {
        add(entry.second, name + ".", depth + 1);
      } else if (!values_.emplace(name, YamlValue{entry.second, place(entry.first)}).second) {
        throw ConfigError(
            fmt::format("{}: the key {} is there twice. Remove one.", place(entry.first), name));
      }
    }
  }

  YamlValues take() { return std::move(values_); }

 private:
  std::string place(const YAML::Node& node) const {
    return fmt::format("{}:{}", file_, node.Mark().line + 1);
  }

  std::string file_;
  std::size_t nodes_ = 0;
  YamlValues values_;
};

}  // namespace

YamlValues read_yaml(std::string_view text, const std::string& file_name) {
  check_shape(text, file_name);
  const YAML::Node root = parse(text, file_name);
  if (root.IsNull()) return {};
  if (!root.IsMap())
    throw ConfigError(
        file_name +
        ": not a group of keys. A recipe is YAML such as `optim: {weight_decay: 0.05}`.");
  Flattener flattener(file_name);
  flattener.add(root, "", 1);
  return flattener.take();
}

void apply_override(const std::string& text, YamlValues& values) {
  const std::string where = "the override " + text.substr(0, 200);
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw ConfigError(where + " has no value. Write key=value, such as scheduler.max_epochs=5.");
  check_shape(text, where);
  values[text.substr(0, equals)] = YamlValue{parse(text.substr(equals + 1), where), where};
}

}  // namespace byteformer
