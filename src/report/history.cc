#include "report/history.h"

#include <fmt/format.h>

#include <charconv>
#include <sstream>

#include "byteformer/error.h"

namespace byteformer {
namespace {

struct Column {
  const char* name;
  double EpochRow::*real;
  std::size_t EpochRow::*whole;
};

constexpr Column kColumns[] = {{"epoch", nullptr, &EpochRow::epoch},
                               {"iteration", nullptr, &EpochRow::iteration},
                               {"learning_rate", &EpochRow::learning_rate, nullptr},
                               {"train_loss", &EpochRow::train_loss, nullptr},
                               {"val_loss", &EpochRow::val_loss, nullptr},
                               {"val_top1", &EpochRow::val_top1, nullptr},
                               {"val_top5", &EpochRow::val_top5, nullptr},
                               {"ema_val_loss", &EpochRow::ema_val_loss, nullptr},
                               {"ema_val_top1", &EpochRow::ema_val_top1, nullptr},
                               {"seconds", &EpochRow::seconds, nullptr},
                               {"files_per_second", &EpochRow::files_per_second, nullptr},
                               {"waiting_share", &EpochRow::waiting_share, nullptr}};

std::string header() {
  std::string text;
  for (const Column& c : kColumns) text += (text.empty() ? "" : ",") + std::string(c.name);
  return text;
}

template <class Number>
void parse(const std::string& field, Number& value, std::size_t line) {
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc() || end != field.data() + field.size())
    throw FormatError(fmt::format("history, line {}: \"{}\" is no number. The file is damaged.",
                                  line, field.substr(0, 40)));
}

}  // namespace

std::string history_csv(const std::vector<EpochRow>& rows) {
  std::string text = header() + "\n";
  for (const EpochRow& row : rows) {
    std::string line;
    for (const Column& c : kColumns)
      line += (line.empty() ? "" : ",") + (c.real != nullptr ? fmt::format("{}", row.*c.real)
                                                             : fmt::format("{}", row.*c.whole));
    text += line + "\n";
  }
  return text;
}

std::vector<EpochRow> parse_history_csv(const std::string& text) {
  std::istringstream in(text);
  std::string line;
  if (!std::getline(in, line) || line != header())
    throw FormatError("history, line 1: the columns are not \"" + header() +
                      "\". The file is damaged or of another version.");
  std::vector<EpochRow> rows;
  for (std::size_t number = 2; std::getline(in, line); ++number) {
    std::istringstream fields(line);
    EpochRow row;
    for (const Column& c : kColumns) {
      std::string field;
      std::getline(fields, field, ',');
      if (c.real != nullptr)
        parse(field, row.*c.real, number);
      else
        parse(field, row.*c.whole, number);
    }
    if (!fields.eof())
      throw FormatError(
          fmt::format("history, line {}: more fields than the {} columns. The file is damaged.",
                      number, std::size(kColumns)));
    rows.push_back(row);
  }
  return rows;
}

}  // namespace byteformer
