#include "report/html_text.h"

namespace byteformer {
namespace {

constexpr const char* kStyle =
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 "
    "1rem;color:#222}h1{font-size:1.5rem}h2{font-size:1.15rem;"
    "margin-top:2rem}table{border-collapse:collapse}td,th{padding:.2rem "
    ".6rem;text-align:right;border-bottom:1px solid #e5e5e5}td:first-child,th:first-child"
    "{text-align:left}code{background:#f4f4f4;padding:.15rem "
    ".3rem;white-space:pre-wrap;word-break:break-all}.confusion td,.confusion th{padding:.15rem "
    ".35rem;"
    "border:1px solid #fff;font-size:.85rem}.confusion "
    "th.column{writing-mode:vertical-rl;transform:rotate(180deg);text-align:left}svg{max-width:100%"
    ";height:auto}";

}  // namespace

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? ' ' : c;
    }
  }
  return out;
}

std::string page_start(const std::string& title, const std::string& command) {
  return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
         "content=\"width=device-width\"><title>" +
         escaped(title) + "</title><style>" + kStyle + "</style></head><body>\n<h1>" +
         escaped(title) + "</h1>\n<p><code>" + escaped(command) + "</code></p>\n";
}

}  // namespace byteformer
