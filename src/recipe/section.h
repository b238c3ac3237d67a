// Rows of the schema: a key of a recipe with its name, type, reader, writer and help, made from the
// field of a plain struct that holds its value.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "recipe/recipe.h"
#include "recipe/value.h"

namespace byteformer {

struct Key {
  std::string name;
  std::string type;  // for people: "whole number", "true or false", ...
  std::string help;
  std::function<void(Recipe&, const YamlValue&)> read;
  std::function<std::string(const Recipe&)> write;  // a YAML value on one line
};

// Adds the keys of one struct of the recipe, all below one prefix:
//   Section<Recipe::Ema> ema(keys, "ema.", &Recipe::ema);
//   ema.boolean("enable", &Recipe::Ema::enable, "keep a moving average of the weights");
template <class Part>
class Section {
 public:
  Section(std::vector<Key>& keys, std::string prefix, std::function<Part&(Recipe&)> part)
      : keys_(keys), prefix_(std::move(prefix)), part_(std::move(part)) {}

  void text(const std::string& name, std::string Part::*field, const std::string& help) {
    add(
        name, "text", help,
        [=](Part& p, const YamlValue& v, const std::string& key) { p.*field = text_of(v, key); },
        [=](const Part& p) { return quoted(p.*field); });
  }

  template <class Number>
  void count(const std::string& name, Number Part::*field, std::uint64_t low,
             const std::string& help, std::uint64_t high = kNoLimit) {
    const std::string allowed = high == kNoLimit
                                    ? fmt::format("a whole number from {} on", low)
                                    : fmt::format("a whole number from {} to {}", low, high);
    add(
        name, "whole number", help,
        [=](Part& p, const YamlValue& v, const std::string& key) {
          const auto number = value_of<Number>(v, key, allowed);
          if (number < low || number > high) refuse(v, key, allowed);
          p.*field = number;
        },
        [=](const Part& p) { return fmt::format("{}", p.*field); });
  }

  void real(const std::string& name, double Part::*field, double low, double high,
            const std::string& help) {
    add(
        name, "number", help,
        [=](Part& p, const YamlValue& v, const std::string& key) {
          const std::string allowed = fmt::format("a number from {} to {}", low, high);
          const auto number = value_of<double>(v, key, allowed);
          if (number < low || number > high) refuse(v, key, allowed);
          p.*field = number;
        },
        [=](const Part& p) { return fmt::format("{}", p.*field); });
  }

  // `yes` and `no` are the field's values where it is no bool.
  template <class T>
  void boolean(const std::string& name, T Part::*field, const std::string& help, T yes = true,
               T no = false) {
    add(
        name, "true or false", help,
        [=](Part& p, const YamlValue& v, const std::string& key) {
          p.*field = bool_of(v, key) ? yes : no;
        },
        [=](const Part& p) { return std::string(p.*field == yes ? "true" : "false"); });
  }

  template <class T>
  void choice(const std::string& name, T Part::*field,
              const std::vector<std::pair<std::string, T>>& names, const std::string& help) {
    std::vector<std::string> known;
    known.reserve(names.size());
    for (const auto& [text, unused] : names) known.push_back(text);
    add(
        name, fmt::format("{}", fmt::join(known, " | ")), help,
        [=](Part& p, const YamlValue& v, const std::string& key) {
          for (const auto& [text, value] : names)
            if (v.node.IsScalar() && v.node.Scalar() == text) {
              p.*field = value;
              return;
            }
          refuse(v, key, fmt::format("{}", fmt::join(known, " or ")));
        },
        [=](const Part& p) {
          std::string written;
          for (const auto& [text, value] : names)
            if (p.*field == value) written = text;
          return written;
        });
  }

  // At least one value; a single one need not be a list.
  template <class T>
  void list(const std::string& name, std::vector<T> Part::*field, const std::string& type,
            const std::string& help) {
    add(
        name, type, help,
        [=](Part& p, const YamlValue& v, const std::string& key) {
          const std::string allowed = type + ", or a list of these";
          std::vector<T>& list = p.*field;
          list.clear();
          for (const YamlValue& entry : entries_of(v))
            list.push_back(value_of<T>(entry, key, allowed));
          if (list.empty()) refuse(v, key, allowed);
        },
        [=](const Part& p) {
          std::vector<std::string> items;
          for (const T item : p.*field) items.push_back(fmt::format("{}", item));
          return fmt::format("[{}]", fmt::join(items, ", "));
        });
  }

  // Two values, the first no larger than the second.
  template <class T>
  void range(const std::string& name, std::array<T, 2> Part::*field, T low, T high,
             const std::string& help) {
    const std::string allowed =
        fmt::format("two numbers in order, such as [{}, {}], the widest allowed", low, high);
    add(
        name, "two numbers", help,
        [=](Part& p, const YamlValue& v, const std::string& key) {
          const std::vector<YamlValue> entries = entries_of(v);
          if (entries.size() != 2) refuse(v, key, allowed);
          const T from = value_of<T>(entries[0], key, allowed),
                  to = value_of<T>(entries[1], key, allowed);
          if (from < low || to < from || to > high) refuse(v, key, allowed);
          p.*field = {from, to};
        },
        [=](const Part& p) { return fmt::format("[{}, {}]", (p.*field)[0], (p.*field)[1]); });
  }

 private:
  static constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

  template <class Read, class Write>
  void add(const std::string& name, const std::string& type, const std::string& help, Read read,
           Write write) {
    const std::string key = prefix_ + name;
    const std::function<Part&(Recipe&)> part = part_;
    keys_.push_back(
        {key, type, help, [=](Recipe& r, const YamlValue& v) { read(part(r), v, key); },
         // part() finds the struct for reader and writer alike; the writer changes nothing in it.
         [=](const Recipe& r) { return write(std::as_const(part(const_cast<Recipe&>(r)))); }});
  }

  std::vector<Key>& keys_;
  std::string prefix_;
  std::function<Part&(Recipe&)> part_;
};

}  // namespace byteformer
