// Built-ins of strings.
#include <algorithm>
#include <array>
#include <charconv>

#include "el/regex.hpp"
#include "el/text.hpp"
#include "freemarker/builtins.hpp"
#include "freemarker/escapes.hpp"
#include "freemarker/numbers.hpp"
#include "freemarker/renderer.hpp"

namespace perigee::freemarker {
namespace {

using el::Value;

constexpr std::size_t kPadMax = 100'000;  // characters

// The string it stands behind, and its arguments as strings and numbers; after a failure they are
// empty and `ok` is false.
class Arguments {
 public:
  explicit Arguments(const Use& use) : use_(use) { target_ = read(use.target); }

  bool ok() const { return ok_; }
  std::string_view target() const { return target_; }
  std::size_t count() const { return use_.arguments.size(); }
  std::string_view text(std::size_t at, std::string_view fallback = {}) {
    return at < count() ? read(use_.arguments[at]) : fallback;
  }
  std::int64_t number(std::size_t at, std::int64_t fallback = 0) {
    if (at >= count()) return fallback;
    Value value = use_.arguments[at];
    if (value.is_number())
      return static_cast<std::int64_t>(std::clamp(value.as_real(), -1e15, 1e15));
    if (!value.is_failed())
      use_.renderer.fail(use_.place(), "?" + use_.expression.name + " needs a number");
    ok_ = false;
    return 0;
  }
  Value text_value(std::string_view text) { return use_.renderer.text(use_.place(), text); }

 private:
  std::string_view read(Value value) {
    auto text = use_.renderer.text_of(value, use_.place());
    if (text && !use_.renderer.step(use_.place(), text->size() / 64)) text.reset();
    ok_ = ok_ && text;
    return text.value_or("");
  }
  const Use& use_;
  bool ok_ = true;
  std::string_view target_;
};

Value number(std::size_t value) { return Value::long_integer(static_cast<std::int64_t>(value)); }

template <std::string (*convert)(std::string_view)>
Value converted(const Use& use) {
  Arguments in(use);
  if (!in.ok()) return Value::failed();
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
bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }
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
  return position(use, in.target(), in.target().find(part, start_of(in.target(), from)));
}
Value last_index_of(const Use& use) {
  Arguments in(use);
  std::string_view part = in.text(0);
  std::int64_t from = in.number(1, std::int64_t{1} << 50);
  if (!in.ok()) return Value::failed();
  if (from < 0) return Value::integer(-1);
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

// What flags of ?replace, ?split, ?matches and ?keep_.. say.
struct Search {
  std::unique_ptr<const el::Regex> regex;  // null: plain text
  std::string_view plain;
  bool first_only = false;

  // The next match at or after `from`; npos: none.
  std::pair<std::size_t, std::size_t> find(std::string_view text, std::size_t from,
                                           el::Regex::Match& match) const {
    if (!regex) {
      std::size_t at = text.find(plain, from);
      return {at, at == text.npos ? at : at + plain.size()};
    }
    if (!regex->find(text, from, match)) return {text.npos, text.npos};
    std::size_t at = static_cast<std::size_t>(match.groups[0].data() - text.data());
    return {at, at + match.groups[0].size()};
  }
};

std::string quoted_pattern(std::string_view text) {
  std::string made;
  for (char c : text) {
    if (std::string_view("\\^$.|?*+()[]{}").find(c) != std::string_view::npos) made += '\\';
    made += c;
  }
  return made;
}

std::optional<Search> search_of(const Use& use, std::string_view what, std::string_view flags,
                                bool is_regex) {
  Search search;
  search.plain = what;
  std::string options;
  for (char flag : flags) {
    if (flag == 'r') {
      is_regex = true;
    } else if (flag == 'f') {
      search.first_only = true;
    } else if (flag == 'i' || flag == 'm' || flag == 's') {
      options += flag;
    } else {
      use.renderer.fail(use.place(), "the flag '" + std::string(1, flag) + "' is not supported");
      return std::nullopt;
    }
  }
  if (!is_regex && options.find('i') == options.npos) return search;
  std::string pattern = is_regex ? std::string(what) : quoted_pattern(what);
  if (!options.empty()) pattern.insert(0, "(?" + options + ")");
  auto compiled = el::Regex::compile(pattern);
  if (!compiled) {
    use.renderer.fail(use.place(), compiled.error().message);
    return std::nullopt;
  }
  search.regex = *std::move(compiled);
  return search;
}

// $1 and ${name} of a replacement for a regular expression; \ before a plain character.
void put_replacement(std::string& to, std::string_view text, const Search& search,
                     const el::Regex::Match& match) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '\\' && at + 1 < text.size()) {
      to += text[++at];
    } else if (c == '$' && at + 1 < text.size() && text[at + 1] >= '0' && text[at + 1] <= '9') {
      auto group = static_cast<std::size_t>(text[++at] - '0');
      if (group < match.group_count) to += match.groups[group];
    } else if (c == '$' && text.substr(at + 1).starts_with('{')) {
      std::size_t end = std::min(text.find('}', at), text.size());
      int group = search.regex->group_number(text.substr(at + 2, end - at - 2));
      if (group >= 0 && static_cast<std::size_t>(group) < match.group_count)
        to += match.groups[static_cast<std::size_t>(group)];
      at = end;
    } else {
      to += c;
    }
  }
}

Value replace(const Use& use) {
  Arguments in(use);
  std::string_view what = in.text(0), with = in.text(1), flags = in.text(2);
  if (!in.ok()) return Value::failed();
  std::optional<Search> search = search_of(use, what, flags, false);
  if (!search) return Value::failed();
  bool is_regex = flags.find('r') != flags.npos;
  std::string made;
  std::string_view text = in.target();
  std::size_t copied = 0, from = 0;
  el::Regex::Match match;
  while (from <= text.size()) {
    auto [begin, end] = search->find(text, from, match);
    if (begin == text.npos) break;
    made += text.substr(copied, begin - copied);
    if (is_regex) {
      put_replacement(made, with, *search, match);
    } else {
      made += with;
    }
    copied = end;
    from = end > begin ? end : end + 1;
    if (!use.renderer.step(use.place()) || !use.renderer.build(use.place(), with.size()))
      return Value::failed();
    if (search->first_only) break;
  }
  return in.text_value(made.append(text.substr(copied)));
}

Value split(const Use& use) {
  Arguments in(use);
  std::string_view what = in.text(0), flags = in.text(1);
  if (!in.ok()) return Value::failed();
  std::optional<Search> search = search_of(use, what, flags, false);
  if (!search) return Value::failed();
  std::string_view text = in.target();
  std::vector<Value> parts;
  std::size_t begin = 0, from = 0;
  el::Regex::Match match;
  while (from <= text.size() && use.renderer.step(use.place())) {
    auto [at, end] = search->find(text, from, match);
    if (at == text.npos || (at == end && at >= text.size())) break;
    from = std::max(end, at + 1);
    if (end == 0) continue;  // nothing at the very beginning
    parts.push_back(Value::text(text.substr(begin, at - begin)));
    begin = end;
  }
  parts.push_back(Value::text(text.substr(begin)));
  return use.renderer.failed() ? Value::failed() : use.renderer.list(use.place(), parts);
}

Value matches(const Use& use) {
  Arguments in(use);
  std::string_view what = in.text(0), flags = in.text(1);
  if (!in.ok()) return Value::failed();
  std::optional<Search> search = search_of(use, what, flags, true);
  return search ? Value::boolean(search->regex->matches_all(in.target())) : Value::failed();
}

Value keep(const Use& use, bool before, bool last) {
  Arguments in(use);
  std::string_view what = in.text(0), flags = in.text(1);
  if (!in.ok()) return Value::failed();
  std::optional<Search> search = search_of(use, what, flags, false);
  if (!search) return Value::failed();
  std::string_view text = in.target();
  el::Regex::Match match;
  auto found = search->find(text, 0, match);
  for (auto next = found; last && next.first != text.npos && use.renderer.step(use.place());) {
    found = next;
    next = next.first < text.size() ? search->find(text, next.first + 1, match)
                                    : std::pair(text.npos, text.npos);
  }
  if (use.renderer.failed()) return Value::failed();
  if (found.first == text.npos) return before ? use.target : Value::text("");
  return Value::text(before ? text.substr(0, found.first) : text.substr(found.second));
}
Value keep_before(const Use& use) { return keep(use, true, false); }
Value keep_before_last(const Use& use) { return keep(use, true, true); }
Value keep_after(const Use& use) { return keep(use, false, false); }
Value keep_after_last(const Use& use) { return keep(use, false, true); }

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

Value pad(const Use& use, bool left) {
  Arguments in(use);
  std::int64_t width = in.number(0);
  std::string_view fill = in.text(1, " ");
  if (!in.ok()) return Value::failed();
  std::size_t units = el::units_of(in.target()), fill_units = el::units_of(fill);
  if (width > static_cast<std::int64_t>(kPadMax) || fill_units == 0)
    return use.renderer.fail(use.place(), "the padding is empty or longer than " +
                                              std::to_string(kPadMax) + " characters");
  std::string padding;
  for (std::size_t at = units; static_cast<std::int64_t>(at) < width; ++at) {
    // On the right the fill goes on as if it began with the string.
    std::size_t unit = (left ? at - units : at) % fill_units;
    std::size_t from = el::byte_of_unit(fill, unit), to = el::byte_of_unit(fill, unit + 1);
    padding += fill.substr(from, to - from);
  }
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
Value eval_json(const Use& use) {
  Arguments in(use);
  return in.ok() ? use.renderer.parse_json(in.target(), use.place()) : Value::failed();
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
    {"eval_json", &eval_json},
    {"html", &converted<&html_escaped>},
    {"index_of", &index_of, 1, 2},
    {"j_string", &converted<&j_string>},
    {"js_string", &converted<&js_string>},
    {"json_string", &converted<&json_string>},
    {"keep_after", &keep_after, 1, 2},
    {"keep_after_last", &keep_after_last, 1, 2},
    {"keep_before", &keep_before, 1, 2},
    {"keep_before_last", &keep_before_last, 1, 2},
    {"last_index_of", &last_index_of, 1, 2},
    {"left_pad", &left_pad, 1, 2},
    {"length", &length},
    {"lower_case", &lower_case},
    {"matches", &matches, 1, 2},
    {"number", &to_number},
    {"remove_beginning", &remove_beginning, 1, 1},
    {"remove_ending", &remove_ending, 1, 1},
    {"replace", &replace, 2, 3},
    {"right_pad", &right_pad, 1, 2},
    {"split", &split, 1, 2},
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
