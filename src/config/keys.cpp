#include "config/keys.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "config/values.hpp"

namespace perigee::config {
namespace {

enum class Spelling : std::uint8_t { dotted, variable, upper_variable, bare, upper_bare };

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Matches one pattern against one text from left to right, and writes the key in the table's
// spelling. A pattern is small and hand-written, so plain recursion is enough.
class Matcher {
 public:
  explicit Matcher(Spelling spelling) : spelling_(spelling) {}

  bool run(std::string_view pattern, std::string_view text) { return match(pattern, {}, text); }
  std::string key;

 private:
  // `pattern` and then `next`, against all of `text`.
  bool match(std::string_view pattern, std::string_view next, std::string_view text) {
    while (!pattern.empty()) {
      const char c = pattern[0];
      if (c == '(') return alternatives(pattern, next, text);
      if (c == '<') return free_part(pattern.substr(pattern.find('>') + 1), next, text);
      if (c == '*') return rest(text);
      if (c == '[' && pattern.starts_with("[i]")) {
        if (!index(text)) return false;
        pattern.remove_prefix(3);
        continue;
      }
      if (!letter(c, text)) return false;
      pattern.remove_prefix(1);
    }
    return next.empty() ? text.empty() : match(next, {}, text);
  }

  bool alternatives(std::string_view pattern, std::string_view next, std::string_view text) {
    const auto close = pattern.find(')');
    std::string_view choices = pattern.substr(1, close - 1);
    std::string_view after = pattern.substr(close + 1);
    const bool optional = after.starts_with('?');
    if (optional) after.remove_prefix(1);
    const std::size_t length = key.size();
    while (true) {
      const auto bar = choices.find('|');
      // Alternatives are not nested, so what follows them is the whole continuation.
      if (match(choices.substr(0, bar), after, text)) return true;
      key.resize(length);
      if (bar == std::string_view::npos) break;
      choices.remove_prefix(bar + 1);
    }
    return optional && match(after, next, text);
  }

  bool free_part(std::string_view pattern, std::string_view next, std::string_view text) {
    if (pattern.empty() && next.empty()) return rest(text);
    const std::size_t length = key.size();
    for (std::size_t taken = 1; taken < text.size(); ++taken) {
      if (spelling_ == Spelling::dotted && text[taken - 1] == '.') break;
      key.append(named(text.substr(0, taken)));
      if (match(pattern, next, text.substr(taken))) return true;
      key.resize(length);
    }
    return false;
  }

  bool rest(std::string_view text) {
    key.append(named(text));
    return !text.empty();
  }

  bool index(std::string_view& text) {
    if (text.empty()) return false;
    const bool bracket = text[0] == '[';
    if (!bracket && (spelling_ == Spelling::dotted || (text[0] != '.' && text[0] != '_'))) {
      return false;
    }
    std::size_t end = 1;
    while (end < text.size() && is_digit(text[end])) ++end;
    if (end == 1) return false;
    key.append("[").append(text.substr(1, end - 1)).append("]");
    if (bracket) {
      if (end == text.size() || text[end] != ']') return false;
      ++end;
    }
    text.remove_prefix(end);
    return true;
  }

  bool letter(char c, std::string_view& text) {
    key.push_back(c);
    const bool more = !text.empty();
    if (spelling_ != Spelling::dotted) {
      if (c == '-' && !bare() && !(more && text[0] == '-')) return true;  // left out
      if (c == ']' && !(more && text[0] == ']')) return true;
      const bool joint = c == '.' || c == '[' || (c == '-' && bare());
      if (joint && more && (text[0] == '_' || (c == '[' && text[0] == '.'))) {
        text.remove_prefix(1);
        return true;
      }
    }
    if (!more || text[0] != (upper() ? ascii_upper({&c, 1})[0] : c)) return false;
    text.remove_prefix(1);
    return true;
  }

  std::string named(std::string_view text) const {
    return upper() ? ascii_lower(text) : std::string(text);
  }
  bool upper() const {
    return spelling_ == Spelling::upper_variable || spelling_ == Spelling::upper_bare;
  }
  bool bare() const { return spelling_ == Spelling::bare || spelling_ == Spelling::upper_bare; }

  Spelling spelling_;
};

char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool is_letter(char c) { return folded(c) >= 'a' && folded(c) <= 'z'; }

// Whether the word that `pattern` begins with is, without case, what `text` begins with.
bool same_word(std::string_view pattern, std::string_view text) {
  std::size_t at = 0;
  for (; at < pattern.size() && is_letter(pattern[at]); ++at) {
    if (at >= text.size() || folded(pattern[at]) != folded(text[at])) return false;
  }
  // A hyphen may be left out in a variable, and then the word goes on.
  return at >= text.size() || !is_letter(text[at]) || pattern.substr(at).starts_with('-');
}

// Rejects most rows by their first word: a pod has hundreds of variables.
bool may_begin(std::string_view pattern, std::string_view text) {
  if (pattern[0] != '(') return same_word(pattern, text);
  const auto close = pattern.find(')');
  for (std::size_t at = 0; at < close; at = std::min(pattern.find('|', at + 1), close)) {
    if (same_word(pattern.substr(at + 1), text)) return true;
  }
  return pattern[close + 1] == '?' && same_word(pattern.substr(close + 2), text);
}

std::vector<KnownKey> matches(std::string_view name, Spelling as_written, Spelling upper,
                              bool free_parts) {
  std::vector<KnownKey> found;
  if (name.empty()) return found;
  // A name holds one case only, up to free parts; the first letter tells which.
  const Spelling spelling = name[0] == folded(name[0]) ? as_written : upper;
  for (const KeySpec& spec : key_table()) {
    if (!may_begin(spec.pattern, name)) continue;
    if (!free_parts && spec.pattern.find_first_of("<*") != std::string_view::npos) continue;
    Matcher matcher(spelling);
    if (matcher.run(spec.pattern, name)) found.push_back({&spec, std::move(matcher.key)});
  }
  return found;
}

// All keys that a pattern with alternatives stands for.
void expand(std::string_view pattern, std::vector<std::string>& into) {
  const auto open = pattern.find('(');
  if (open == std::string_view::npos) return into.emplace_back(pattern), void();
  const auto close = pattern.find(')', open);
  std::string_view choices = pattern.substr(open + 1, close - open - 1);
  std::string_view after = pattern.substr(close + 1);
  const std::string before(pattern.substr(0, open));
  if (after.starts_with('?')) {
    after.remove_prefix(1);
    expand(before + std::string(after), into);
  }
  while (true) {
    const auto bar = choices.find('|');
    expand(before + std::string(choices.substr(0, bar)) + std::string(after), into);
    if (bar == std::string_view::npos) return;
    choices.remove_prefix(bar + 1);
  }
}

// How alike two keys are is judged without case, hyphens and underscores, indexes as [i].
std::string normalised(std::string_view key) {
  std::string result;
  for (std::size_t at = 0; at < key.size(); ++at) {
    if (key[at] == '-' || key[at] == '_') continue;
    result.append(ascii_lower(key.substr(at, 1)));
    if (key[at] != '[') continue;
    std::size_t end = at + 1;
    while (end < key.size() && is_digit(key[end])) ++end;
    if (end == at + 1 || end == key.size() || key[end] != ']') continue;
    result.append("i]");
    at = end;
  }
  return result;
}

// Every row's spellings, made when the first unknown key asks: a start without mistakes never does.
struct KnownSpelling {
  std::string pattern;
  std::string normal;
};
const std::vector<KnownSpelling>& known_spellings() {
  static const std::vector<KnownSpelling> all = [] {
    std::vector<KnownSpelling> made;
    for (const KeySpec& spec : key_table()) {
      for (std::string& pattern : expanded(spec)) {
        std::string normal = normalised(pattern);
        made.push_back({std::move(pattern), std::move(normal)});
      }
    }
    return made;
  }();
  return all;
}

// The edits that make `a` of `b`; gives up with `enough` once there are as many.
std::size_t distance(std::string_view a, std::string_view b, std::size_t enough) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    std::size_t least = row[0];
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
      least = std::min(least, row[j + 1]);
    }
    if (least >= enough) return enough;
  }
  return row.back();
}

// "servers[i].port" with the indexes of "servers[3].prot" is "servers[3].port".
std::string with_indexes_of(std::string_view pattern, std::string_view key) {
  std::string result;
  while (true) {
    const auto at = pattern.find("[i]");
    result.append(pattern.substr(0, at));
    if (at == std::string_view::npos) return result;
    pattern.remove_prefix(at + 3);
    const auto open = key.find('[');
    const auto close = key.find(']', open);
    if (close == std::string_view::npos) {
      result.append("[0]");
    } else {
      result.append(key.substr(open, close - open + 1));
      key.remove_prefix(close + 1);
    }
  }
}

bool is_choice(std::string_view choices, std::string_view value) {
  // YAML 1.1 reads yes and on as true.
  const auto boolean = to_boolean(value);
  while (!choices.empty()) {
    const auto bar = choices.find('|');
    const std::string_view choice = choices.substr(0, bar);
    if (equals_ignoring_case(choice, trimmed(value))) return true;
    if (boolean && choice == (*boolean ? "true" : "false")) return true;
    if (bar == std::string_view::npos) return false;
    choices.remove_prefix(bar + 1);
  }
  return false;
}

// A key written at the wrong level: one that only lacks what stands before it, or has too much
// there.
std::string_view at_other_level(std::string_view wanted) {
  const auto is_tail = [](std::string_view tail, std::string_view key) {
    return tail.contains('.') && key.size() > tail.size() && key.ends_with(tail) &&
           key[key.size() - tail.size() - 1] == '.';
  };
  for (const auto& [pattern, known] : known_spellings()) {
    if (is_tail(wanted, known) || is_tail(known, wanted)) return pattern;
  }
  return {};
}

}  // namespace

std::vector<std::string> expanded(const KeySpec& spec) {
  std::vector<std::string> keys;
  expand(spec.pattern, keys);
  return keys;
}

const KeySpec* find_key(std::string_view key) {
  if (key.empty()) return nullptr;
  for (const KeySpec& spec : key_table()) {
    if (may_begin(spec.pattern, key) && Matcher(Spelling::dotted).run(spec.pattern, key)) {
      return &spec;
    }
  }
  return nullptr;
}

std::vector<KnownKey> keys_of_variable(std::string_view name) {
  return matches(name, Spelling::variable, Spelling::upper_variable, true);
}

std::vector<KnownKey> keys_of_bare_variable(std::string_view name) {
  return matches(name, Spelling::bare, Spelling::upper_bare, false);
}

bool is_block(std::string_view key) {
  const std::string wanted = normalised(key);
  return std::ranges::any_of(known_spellings(), [&](const KnownSpelling& known) {
    return known.normal.size() > wanted.size() && known.normal.starts_with(wanted) &&
           (known.normal[wanted.size()] == '.' || known.normal[wanted.size()] == '[');
  });
}

std::string nearest_key(std::string_view unknown) {
  const std::string wanted = normalised(unknown.substr(0, 200));
  if (const std::string_view found = at_other_level(wanted); !found.empty())
    return with_indexes_of(found, unknown);
  std::size_t best = std::max<std::size_t>(2, wanted.size() / 3) + 1;
  std::string_view found;
  for (const auto& [pattern, known] : known_spellings()) {
    const std::size_t gap =
        std::max(known.size(), wanted.size()) - std::min(known.size(), wanted.size());
    if (gap >= best || pattern.ends_with('*')) continue;
    const std::size_t edits = distance(known, wanted, best);
    if (edits >= best) continue;
    best = edits;
    found = pattern;
  }
  return with_indexes_of(found, unknown);
}

std::string expected(const KeySpec& spec) {
  switch (spec.type) {
    case Type::integer:
      return "a whole number";
    case Type::count:
      return "a whole number, 0 or more";
    case Type::size:
      return "a whole number, 1 or more";
    case Type::port:
      return "a port, 0 to 65535";
    case Type::decimal:
      return "a number";
    case Type::boolean:
      return "true or false";
    case Type::choice:
      return "one of " + std::string(spec.choices);
    case Type::duration:
      return "milliseconds, or a number with ms, s, m, h or d";
    case Type::list:
      return "a list, or text with commas";
    case Type::text:
    case Type::name:
    case Type::any:
      return "text";
  }
  return "text";
}

bool fits(const KeySpec& spec, std::string_view value) {
  const auto at_least = [&](std::int64_t least) {
    return to_integer(value).value_or(least - 1) >= least;
  };
  switch (spec.type) {
    case Type::integer:
      return to_integer(value).has_value();
    case Type::count:
      return at_least(0);
    case Type::size:
      return at_least(1);
    case Type::port:
      return at_least(0) && *to_integer(value) <= 65535;
    case Type::decimal:
      return to_decimal(value).has_value();
    case Type::boolean:
      return to_boolean(value).has_value();
    case Type::choice:
      return is_choice(spec.choices, value);
    case Type::duration:
      return to_duration(value).has_value();
    case Type::text:
    case Type::name:
    case Type::list:
    case Type::any:
      return true;
  }
  return true;
}

}  // namespace perigee::config
