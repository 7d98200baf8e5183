#include "el/escape.hpp"

#include <cstdio>

#include "el/convert.hpp"
#include "el/run.hpp"
#include "el/text.hpp"

namespace perigee::el {
namespace {

void append_unit(std::string& to, unsigned unit) {
  char buffer[8];
  std::snprintf(buffer, sizeof(buffer), "\\u%04X", unit);
  to += buffer;
}

void append_units(std::string& to, char32_t c) {
  if (c < 0x10000) return append_unit(to, c);
  append_unit(to, 0xd800 + ((c - 0x10000) >> 10));
  append_unit(to, 0xdc00 + ((c - 0x10000) & 0x3ff));
}

bool is_xml(char32_t c) {
  return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c != 0xfffe && c != 0xffff);
}

}  // namespace

std::string json_escaped(std::string_view text) {
  constexpr std::string_view kFrom = "\"\\/\b\n\t\f\r", kTo = "\"\\/bntfr";
  std::string escaped;
  for (std::size_t at = 0; at < text.size();) {
    char32_t c = next_character(text, at);
    std::size_t known = c < 0x80 ? kFrom.find(static_cast<char>(c)) : kFrom.npos;
    if (known != kFrom.npos)
      escaped += {'\\', kTo[known]};
    else if (c < 0x20 || c > 0x7f)
      append_units(escaped, c);
    else
      escaped += static_cast<char>(c);
  }
  return escaped;
}

std::string xml_escaped(std::string_view text) {
  std::string escaped;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t begin = at;
    char32_t c = next_character(text, at);
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&apos;";
        break;
      default:
        if (!is_xml(c)) break;
        if ((c >= 0x7f && c <= 0x84) || (c >= 0x86 && c <= 0x9f))
          escaped += "&#" + std::to_string(c) + ";";
        else
          escaped += text.substr(begin, at - begin);
    }
  }
  return escaped;
}

Value escape(Value value, std::string (*escaped)(std::string_view), Run& run) {
  if (value.is_null()) return value;
  std::string joined;
  std::size_t count = value.is_list() ? value.list_size() : 1;
  for (std::size_t i = 0; i < count; ++i) {
    Text text = to_text(value.is_list() ? value.item(i) : value, run);
    if (!text.ok || !run.step() || !run.build(text.text.size())) return Value::failed();
    if (i > 0) joined += ' ';
    joined += text.is_null ? "null" : escaped(text.text);
  }
  return run.text(joined);
}

}  // namespace perigee::el
