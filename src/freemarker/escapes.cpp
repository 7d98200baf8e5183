#include "freemarker/escapes.hpp"

#include <array>
#include <cstdio>

#include "base/hex.hpp"
#include "el/text.hpp"

namespace perigee::freemarker {
namespace {

std::string marked_up(std::string_view text, std::string_view apostrophe) {
  std::string made;
  for (char c : text) {
    switch (c) {
      case '<':
        made += "&lt;";
        break;
      case '>':
        made += "&gt;";
        break;
      case '&':
        made += "&amp;";
        break;
      case '"':
        made += "&quot;";
        break;
      case '\'':
        made += apostrophe;
        break;
      default:
        made += c;
    }
  }
  return made;
}

std::string percent_encoded(std::string_view text, bool keep_slash) {
  constexpr std::string_view kKept =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.!~'()*";
  return perigee::percent_encoded(
      text, [&](char c) { return kKept.find(c) != kKept.npos || (keep_slash && c == '/'); });
}

enum class Language : std::uint8_t { javascript, json, java };

void put_hexadecimal(std::string& to, char32_t c, Language language) {
  std::array<char, 12> buffer;
  bool is_short = language == Language::javascript && c < 0x100;
  std::snprintf(buffer.data(), buffer.size(), is_short ? "\\x%02X" : "\\u%04X",
                static_cast<unsigned>(c));
  to += buffer.data();
}

// Whether < or > could begin or end something in HTML: "<!", "<?", "-->" and "]]>".
bool is_dangerous(std::string_view text, std::size_t at) {
  if (text[at] == '<') return at + 1 == text.size() || text[at + 1] == '!' || text[at + 1] == '?';
  if (at == 0) return true;
  char before = text[at - 1];
  return (before == ']' || before == '-') && (at == 1 || text[at - 2] == before);
}

std::string script_string(std::string_view text, Language language) {
  constexpr std::string_view kControls = "\n\r\t\b\f", kLetters = "nrtbf";
  std::string made;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t begin = at;
    char32_t c = el::next_character(text, at);
    char plain = c < 0x80 ? static_cast<char>(c) : '\0';
    std::size_t control = plain ? kControls.find(plain) : kControls.npos;
    bool in_html = language != Language::java;
    if (control != kControls.npos) {
      made += {'\\', kLetters[control]};
    } else if (c < 0x20) {
      put_hexadecimal(made, c, language);
    } else if (plain == '"' || plain == '\\' ||
               (plain == '\'' && language == Language::javascript)) {
      made += {'\\', plain};
    } else if (in_html && plain == '/' && (begin == 0 || text[begin - 1] == '<')) {
      made += "\\/";
    } else if (in_html && plain == '>' && is_dangerous(text, begin)) {
      made += language == Language::json ? "\\u003E" : "\\>";
    } else if (in_html && plain == '<' && is_dangerous(text, begin)) {
      put_hexadecimal(made, c, language);
    } else if (in_html && ((c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029)) {
      put_hexadecimal(made, c, language);
    } else {
      made += text.substr(begin, at - begin);
    }
  }
  return made;
}

}  // namespace

std::string html_escaped(std::string_view text) { return marked_up(text, "&#39;"); }
std::string xml_escaped(std::string_view text) { return marked_up(text, "&apos;"); }
std::string url_escaped(std::string_view text) { return percent_encoded(text, false); }
std::string url_path_escaped(std::string_view text) { return percent_encoded(text, true); }
std::string js_string(std::string_view text) { return script_string(text, Language::javascript); }
std::string json_string(std::string_view text) { return script_string(text, Language::json); }
std::string j_string(std::string_view text) { return script_string(text, Language::java); }

}  // namespace perigee::freemarker
