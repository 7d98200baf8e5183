// Built-ins that look for texts or patterns in strings.
#include <array>

#include "base/find_bytes.hpp"
#include "el/regex.hpp"
#include "freemarker/text_arguments.hpp"

namespace perigee::freemarker {
namespace {

using el::Value;
using Arguments = TextArguments;

// What flags of ?replace, ?split, ?matches and ?keep_.. say.
struct Search {
  std::unique_ptr<const el::Regex> regex;  // null: plain text
  std::string_view plain;
  bool first_only = false;
};

// Goes through one text.
class Finder {
 public:
  Finder(const Use& use, const Search& search, std::string_view text)
      : use_(use), search_(search), text_(text) {
    if (search.regex) regex_.emplace(*search.regex, text);
  }
  // The next match at or after `from`; npos: none, or the renderer has failed.
  std::pair<std::size_t, std::size_t> find(std::size_t from, el::Regex::Match& match) {
    constexpr auto kNone = std::string_view::npos;
    if (!regex_) {
      std::size_t at = find_bytes(text_, search_.plain, from);
      return {at, at == kNone ? at : at + search_.plain.size()};
    }
    bool found = regex_->find(from, match);
    if (!regex_->in_time())
      use_.renderer.fail(use_.place(), std::string(el::kSearchTooLong), ErrorCode::limit);
    if (!found) return {kNone, kNone};
    auto at = static_cast<std::size_t>(match.groups[0].data() - text_.data());
    return {at, at + match.groups[0].size()};
  }

 private:
  const Use& use_;
  const Search& search_;
  std::string_view text_;
  std::optional<el::Search> regex_;
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
  Finder finder(use, *search, text);
  while (from <= text.size()) {
    auto [begin, end] = finder.find(from, match);
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
  if (use.renderer.failed()) return Value::failed();
  return in.text_value(made.append(text.substr(copied)));
}

// Of its first two arguments; nothing after a failure.
std::optional<Search> search_of(const Use& use, Arguments& in, bool is_regex) {
  std::string_view what = in.text(0), flags = in.text(1);
  return in.ok() ? search_of(use, what, flags, is_regex) : std::nullopt;
}

Value split(const Use& use) {
  Arguments in(use);
  std::optional<Search> search = search_of(use, in, false);
  if (!search) return Value::failed();
  std::string_view text = in.target();
  std::vector<Value> parts;
  std::size_t begin = 0, from = 0;
  el::Regex::Match match;
  Finder finder(use, *search, text);
  while (from <= text.size() && use.renderer.step(use.place())) {
    auto [at, end] = finder.find(from, match);
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
  std::optional<Search> search = search_of(use, in, true);
  if (!search) return Value::failed();
  el::Search whole(*search->regex, in.target());
  bool matched = whole.matches_all();
  if (whole.in_time()) return Value::boolean(matched);
  return use.renderer.fail(use.place(), std::string(el::kSearchTooLong), ErrorCode::limit);
}

Value keep(const Use& use, bool before, bool last) {
  Arguments in(use);
  std::optional<Search> search = search_of(use, in, false);
  if (!search) return Value::failed();
  std::string_view text = in.target();
  el::Regex::Match match;
  Finder finder(use, *search, text);
  auto found = finder.find(0, match);
  for (auto next = found; last && next.first != text.npos && use.renderer.step(use.place());) {
    found = next;
    next = next.first < text.size() ? finder.find(next.first + 1, match)
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

constexpr std::array kTable = std::to_array<Builtin>({
    {"keep_after", &keep_after, 1, 2},
    {"keep_after_last", &keep_after_last, 1, 2},
    {"keep_before", &keep_before, 1, 2},
    {"keep_before_last", &keep_before_last, 1, 2},
    {"matches", &matches, 1, 2},
    {"replace", &replace, 2, 3},
    {"split", &split, 1, 2},
});

}  // namespace

std::span<const Builtin> search_builtins() { return kTable; }

}  // namespace perigee::freemarker
