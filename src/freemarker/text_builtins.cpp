// Built-ins of strings.
#include <algorithm>
#include <array>
#include <charconv>

#include "base/find_bytes.hpp"
#include "el/text.hpp"
#include "freemarker/builtins.hpp"
#include "freemarker/escapes.hpp"
#include "freemarker/numbers.hpp"
#include "freemarker/text_arguments.hpp"

namespace perigee::freemarker {
namespace {

using el::Value;
using Arguments = TextArguments;

constexpr std::size_t kPadMax = 100'000;  // characters

Value number(std::size_t value) { return Value::long_integer(static_cast<std::int64_t>(value)); }

// Character by character, which takes longer than looking at the text.
template <std::string (*convert)(std::string_view)>
Value converted(const Use& use) {
  Arguments in(use);
  if (!in.ok() || !use.renderer.step(use.place(), in.target().size() / 16)) return Value::failed();
  return in.text_value(convert(in.target()));
}

Value upper_case(const Use& use) {
  Arguments in(use);
  if (!in.ok() || !use.renderer.build(use.place(), in.target().size() * 2)) return Value::failed();
  return Value::text(el::upper(in.target(), use.renderer.arena()));
}
Value lower_case(const Use& use) {
  Arguments in(use);
  if (!in.ok() || !use.renderer.build(use.place(), in.target().size() * 2)) return Value::failed();
  return Value::text(el::lower(in.target(), use.renderer.arena()));
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// The first letter of the first word, or of each, in another case.
std::string cased(std::string_view text, bool upper, bool every, bool lower_rest) {
  Arena arena;
  std::string made;
  bool begins = true;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t begin = at;
    el::next_character(text, at);
    std::string_view character = text.substr(begin, at - begin);
    bool blank = is_blank(character[0]);
    if (blank) {
      made += character;
    } else if (begins) {
      made += upper ? el::upper(character, arena) : el::lower(character, arena);
    } else {
      made += lower_rest ? el::lower(character, arena) : character;
    }
    begins = blank && (every || begins);
  }
  return made;
}
std::string cap_first(std::string_view text) { return cased(text, true, false, false); }
std::string uncap_first(std::string_view text) { return cased(text, false, false, false); }
std::string capitalize(std::string_view text) { return cased(text, true, true, true); }
std::string trim(std::string_view text) { return std::string(el::trim(text)); }
std::string chop_linebreak(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return std::string(text);
}

Value length(const Use& use) {
  Arguments in(use);
  return in.ok() ? number(el::units_of(in.target())) : Value::failed();
}

template <bool (*test)(std::string_view, std::string_view)>
Value tested(const Use& use) {
  Arguments in(use);
  std::string_view part = in.text(0);
  return in.ok() ? Value::boolean(test(in.target(), part)) : Value::failed();
}
bool contains(std::string_view text, std::string_view part) {
  return find_bytes(text, part) != text.npos;
}
bool starts_with(std::string_view text, std::string_view part) { return text.starts_with(part); }
bool ends_with(std::string_view text, std::string_view part) { return text.ends_with(part); }

Value position(const Use& use, std::string_view text, std::size_t byte) {
  if (byte == text.npos) return Value::integer(-1);
  use.renderer.step(use.place(), text.size() / 64);
  return number(el::unit_of_byte(text, byte));
}
std::size_t start_of(std::string_view text, std::int64_t unit) {
  auto units = static_cast<std::int64_t>(el::units_of(text));
  return el::byte_of_unit(text, static_cast<std::size_t>(std::clamp<std::int64_t>(unit, 0, units)));
}
Value index_of(const Use& use) {
  Arguments in(use);
  std::string_view part = in.text(0);
  std::int64_t from = in.number(1);
  if (!in.ok()) return Value::failed();
  return position(use, in.target(), find_bytes(in.target(), part, start_of(in.target(), from)));
}
Value last_index_of(const Use& use) {
  Arguments in(use);
  std::string_view part = in.text(0);
  std::int64_t from = in.number(1, std::int64_t{1} << 50);
  if (!in.ok()) return Value::failed();
  if (from < 0) return Value::integer(-1);
  // A search from the end may compare the part anew at every place.
  if (!use.renderer.step(use.place(), in.target().size() / 1024 * (part.size() / 64)))
    return Value::failed();
  return position(use, in.target(), in.target().rfind(part, start_of(in.target(), from)));
}

Value substring(const Use& use) {
  Arguments in(use);
  std::int64_t begin = in.number(0);
  if (!in.ok()) return Value::failed();
  auto units = static_cast<std::int64_t>(el::units_of(in.target()));
  std::int64_t end = in.number(1, units);
  if (!in.ok()) return Value::failed();
  if (begin < 0 || end > units || begin > end)
    return use.renderer.fail(use.place(), "?substring is outside of a string of " +
                                              std::to_string(units) + " characters");
  std::size_t from = start_of(in.target(), begin), to = start_of(in.target(), end);
  return Value::text(in.target().substr(from, to - from));
}

Value remove_beginning(const Use& use) {
  Arguments in(use);
  std::string_view part = in.text(0), text = in.target();
  if (!in.ok()) return Value::failed();
  return Value::text(text.starts_with(part) ? text.substr(part.size()) : text);
}
Value remove_ending(const Use& use) {
  Arguments in(use);
  std::string_view part = in.text(0), text = in.target();
  if (!in.ok()) return Value::failed();
  return Value::text(text.ends_with(part) ? text.substr(0, text.size() - part.size()) : text);
}
Value ensure_starts_with(const Use& use) {
  Arguments in(use);
  std::string_view part = in.text(0), text = in.target();
  if (!in.ok()) return Value::failed();
  return in.text_value(text.starts_with(part) ? std::string(text)
                                              : std::string(part) + std::string(text));
}
Value ensure_ends_with(const Use& use) {
  Arguments in(use);
  std::string_view part = in.text(0), text = in.target();
  if (!in.ok()) return Value::failed();
  return in.text_value(text.ends_with(part) ? std::string(text)
                                            : std::string(text) + std::string(part));
}

// `units` of `fill` from its unit `first` on, over and over. A character of two units comes with
// its second.
std::string filled(std::string_view fill, std::size_t first, std::size_t units) {
  std::size_t at = el::byte_of_unit(fill, first);
  bool second = first > 0 && el::byte_of_unit(fill, first - 1) == at;
  std::string made;
  for (; units > 0; --units) {
    std::size_t end = at;
    bool wide = el::next_character(fill, end) >= 0x10000;
    if (wide && !second) {
      second = true;
      continue;
    }
    made += fill.substr(at, end - at);
    second = false;
    at = end == fill.size() ? 0 : end;
  }
  return made;
}

Value pad(const Use& use, bool left) {
  Arguments in(use);
  std::int64_t width = in.number(0);
  std::string_view fill = in.text(1, " ");
  if (!in.ok()) return Value::failed();
  std::size_t units = el::units_of(in.target()), fill_units = el::units_of(fill);
  if (width > static_cast<std::int64_t>(kPadMax) || fill_units == 0)
    return use.renderer.fail(use.place(), "the padding is empty or longer than " +
                                              std::to_string(kPadMax) + " characters");
  std::size_t missing =
      width > static_cast<std::int64_t>(units) ? static_cast<std::size_t>(width) - units : 0;
  // On the right the fill goes on as if it began with the string.
  std::string padding = filled(fill, left ? 0 : units % fill_units, missing);
  std::string text(in.target());
  return in.text_value(left ? padding + text : text + padding);
}
Value left_pad(const Use& use) { return pad(use, true); }
Value right_pad(const Use& use) { return pad(use, false); }

Value word_list(const Use& use) {
  Arguments in(use);
  if (!in.ok()) return Value::failed();
  std::vector<Value> words;
  std::string_view text = in.target();
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && !is_blank(text[end])) ++end;
    if (end > at) words.push_back(Value::text(text.substr(at, end - at)));
    at = end + 1;
  }
  return use.renderer.list(use.place(), words);
}

Value to_number(const Use& use) {
  if (use.target.is_number()) return use.target;
  Arguments in(use);
  if (!in.ok()) return Value::failed();
  std::optional<Value> parsed = parse_number(el::trim(in.target()));
  if (parsed) return *parsed;
  return use.renderer.fail(use.place(),
                           "'" + std::string(in.target().substr(0, 100)) + "' is no number");
}
Value to_boolean(const Use& use) {
  if (use.target.is_boolean()) return use.target;
  Arguments in(use);
  if (!in.ok()) return Value::failed();
  if (in.target() == "true") return Value::boolean(true);
  if (in.target() == "false") return Value::boolean(false);
  return use.renderer.fail(
      use.place(), "'" + std::string(in.target().substr(0, 100)) + "' is neither true nor false");
}
// compat: ?eval runs any expression in FreeMarker. What definitions give it is a body in JSON, and
// no stranger's text is run here.
Value eval_json(const Use& use) {
  Arguments in(use);
  return in.ok() ? use.renderer.parse_json(in.target(), use) : Value::failed();
}

constexpr std::array kTable = std::to_array<Builtin>({
    {"boolean", &to_boolean},
    {"cap_first", &converted<&cap_first>},
    {"capitalize", &converted<&capitalize>},
    {"chop_linebreak", &converted<&chop_linebreak>},
    {"contains", &tested<&contains>, 1, 1},
    {"ends_with", &tested<&ends_with>, 1, 1},
    {"ensure_ends_with", &ensure_ends_with, 1, 1},
    {"ensure_starts_with", &ensure_starts_with, 1, 1},
    {"eval", &eval_json},
    {"eval_json", &eval_json},
    {"html", &converted<&html_escaped>},
    {"index_of", &index_of, 1, 2},
    {"j_string", &converted<&j_string>},
    {"js_string", &converted<&js_string>},
    {"json_string", &converted<&json_string>},
    {"last_index_of", &last_index_of, 1, 2},
    {"left_pad", &left_pad, 1, 2},
    {"length", &length},
    {"lower_case", &lower_case},
    {"number", &to_number},
    {"remove_beginning", &remove_beginning, 1, 1},
    {"remove_ending", &remove_ending, 1, 1},
    {"right_pad", &right_pad, 1, 2},
    {"starts_with", &tested<&starts_with>, 1, 1},
    {"substring", &substring, 1, 2},
    {"trim", &converted<&trim>},
    {"uncap_first", &converted<&uncap_first>},
    {"upper_case", &upper_case},
    {"url", &converted<&url_escaped>, 0, 1},
    {"url_path", &converted<&url_path_escaped>, 0, 1},
    {"web_safe", &converted<&html_escaped>},
    {"word_list", &word_list},
    {"xhtml", &converted<&html_escaped>},
    {"xml", &converted<&xml_escaped>},
});

}  // namespace

std::span<const Builtin> text_builtins() { return kTable; }

}  // namespace perigee::freemarker
