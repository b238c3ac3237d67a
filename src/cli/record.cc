#include "cli/record.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "files/name.h"

namespace byteformer {
namespace {

using Json = nlohmann::ordered_json;

// Names that are not UTF-8 are replaced for reading and kept in base64 beside it.
void put_text(Json& object, const char* key, const std::string& bytes) {
  object[key] = replace_invalid_utf8(bytes);
  if (!is_utf8(bytes)) object[std::string(key) + "_bytes"] = base64(bytes);
}

std::string json_line(const Record& r, bool logits) {
  Json object;
  put_text(object, "path", r.path);
  if (r.error) {
    object["error"] = {{"kind", name_of(*r.error)}, {"message", replace_invalid_utf8(r.message)}};
  } else {
    const Prediction& p = *r.prediction;
    if (p.unknown) {
      object["label"] = nullptr;
      object["unknown"] = true;
    } else {
      object["label"] = p.label;
    }
    object["probability"] = p.probability;
    object["top"] = Json::array();
    for (const ScoredLabel& s : p.top)
      object["top"].push_back({{"label", s.label}, {"probability", s.probability}});
    object["bytes"] = p.bytes;
    object["tokens"] = p.tokens;
    if (logits) object["logits"] = p.logits;
  }
  return object.dump() + "\n";
}

// RFC 4180: quoted where it must be. Bytes are passed on as they are, so that no name is lost.
std::string csv_field(const std::string& text) {
  if (text.find_first_of("\",\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

std::string csv_line(const Record& r) {
  if (r.error)
    return fmt::format("{},,,,,{}\n", csv_field(r.path),
                       csv_field(std::string(name_of(*r.error)) + ": " + r.message));
  const Prediction& p = *r.prediction;
  return fmt::format("{},{},{},{},{},\n", csv_field(r.path), csv_field(p.label), p.probability,
                     p.bytes, p.tokens);
}

std::string table_line(const Record& r) {
  const std::string path = printable(r.path);
  if (r.error)
    return fmt::format("{:<18} {:>7}  {}  ({})\n", "-", name_of(*r.error), path,
                       printable(r.message));
  const Prediction& p = *r.prediction;
  std::string line = fmt::format("{:<18} {:>6.2f}%  {}", p.unknown ? "unknown" : printable(p.label),
                                 100 * p.probability, path);
  std::string others;
  for (std::size_t i = 1; i < p.top.size() && i < 3 && p.top[i].probability >= 0.05; ++i)
    others += fmt::format("{}{} {:.0f}%", others.empty() ? "" : ", ", printable(p.top[i].label),
                          100 * p.top[i].probability);
  return line + (others.empty() ? "" : "  (or " + others + ")") + "\n";
}

}  // namespace

Format chosen_format(const std::string& name, bool json) {
  if (json || name == "jsonl") return Format::kJsonLines;
  if (name == "csv") return Format::kCsv;
  if (name == "table" || (name.empty() && ::isatty(STDOUT_FILENO) == 1)) return Format::kTable;
  return Format::kJsonLines;
}

std::string RecordWriter::text_of(const Record& record) const {
  switch (format_) {
    case Format::kTable:
      return table_line(record);
    case Format::kJsonLines:
      return json_line(record, logits_);
    case Format::kCsv:
      return csv_line(record);
  }
  return {};
}

bool RecordWriter::write(const Record& record) {
  std::string text;
  if (!has_header_ && format_ == Format::kCsv) text = "path,label,probability,bytes,tokens,error\n";
  if (!has_header_ && format_ == Format::kTable)
    text = fmt::format("{:<18} {:>7}  {}\n", "label", "prob.", "path");
  has_header_ = true;
  return write_out(text + text_of(record));
}

bool write_out(const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EPIPE) return false;
    if (written < 0)
      throw IoError(std::string("writing to standard output failed: ") + std::strerror(errno) +
                    ". Free some space, or write elsewhere.");
    done += static_cast<std::size_t>(written);
  }
  return true;
}

}  // namespace byteformer
