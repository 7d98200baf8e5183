// The methods of java.lang.String.
#include <algorithm>
#include <cstring>

#include "base/find_bytes.hpp"
#include "el/convert.hpp"
#include "el/format.hpp"
#include "el/methods.hpp"
#include "el/pattern.hpp"
#include "el/text.hpp"

namespace perigee::el {
namespace {

using enum Method;

// A search from the end may compare the part anew at every place.
constexpr std::size_t kCompareBytesPerStep = 64;

Value out_of_range(const Call& call, std::int64_t position) {
  return call.run.fail("position " + std::to_string(position) + " is outside of a text of length " +
                       std::to_string(units_of(call.target.as_text())));
}

Value substring_of(const Call& call) {
  std::string_view text = call.target.as_text();
  auto length_units = static_cast<std::int64_t>(units_of(text));
  std::int64_t begin = 0, end = length_units;
  if (!int_argument(call, 0, begin)) return Value::failed();
  if (call.arguments.size() == 2 && !int_argument(call, 1, end)) return Value::failed();
  if (begin < 0 || begin > end) return out_of_range(call, begin);
  if (end > length_units) return out_of_range(call, end);
  std::size_t first = byte_of_unit(text, static_cast<std::size_t>(begin));
  std::size_t last = byte_of_unit(text, static_cast<std::size_t>(end));
  return Value::text(text.substr(first, last - first));
}

// charAt and codePointAt.
Value character_at(const Call& call) {
  std::string_view text = call.target.as_text();
  std::int64_t position = 0;
  if (!int_argument(call, 0, position)) return Value::failed();
  if (position < 0 || static_cast<std::size_t>(position) >= units_of(text))
    return out_of_range(call, position);
  std::size_t first = byte_of_unit(text, static_cast<std::size_t>(position)), last = first;
  char32_t character = next_character(text, last);
  if (call.method == code_point_at) return Value::integer(static_cast<std::int32_t>(character));
  return Value::text(text.substr(first, last - first));
}

Value index_of_text(const Call& call) {
  std::string_view text = call.target.as_text(), part;
  char character[4];
  if (call.arguments[0].is_integral())  // a code point
    part = {
        character,
        put_character(character, static_cast<char32_t>(call.arguments[0].as_integer() & 0x1fffff))};
  else if (!text_argument(call, 0, part))
    return Value::failed();
  std::int64_t from = call.method == index_of ? 0 : INT32_MAX;
  if (call.arguments.size() == 2 && !int_argument(call, 1, from)) return Value::failed();
  std::size_t found = std::string_view::npos;
  if (call.method == index_of)
    found = find_bytes(
        text, part, byte_of_unit(text, static_cast<std::size_t>(std::max<std::int64_t>(from, 0))));
  else if (!call.run.step(text.size() / kBytesPerStep * (part.size() / kCompareBytesPerStep)))
    return Value::failed();
  else if (from >= 0)
    found = text.rfind(part, byte_of_unit(text, static_cast<std::size_t>(from)));
  if (found == text.npos) return Value::integer(-1);
  return Value::integer(static_cast<std::int32_t>(unit_of_byte(text, found)));
}

Value begins_with(const Call& call) {
  std::string_view text = call.target.as_text(), part;
  std::int64_t from = 0;
  if (!text_argument(call, 0, part)) return Value::failed();
  if (call.arguments.size() == 2 && !int_argument(call, 1, from)) return Value::failed();
  if (from < 0 || static_cast<std::size_t>(from) > units_of(text)) return Value::boolean(false);
  return Value::boolean(
      text.substr(byte_of_unit(text, static_cast<std::size_t>(from))).starts_with(part));
}

// Methods whose only argument is a text.
Value with_text(const Call& call) {
  std::string_view text = call.target.as_text(), other;
  if (call.method == equals_ignore_case && call.arguments[0].is_null())
    return Value::boolean(false);
  if (!text_argument(call, 0, other)) return Value::failed();
  switch (call.method) {
    case contains:
      return Value::boolean(find_bytes(text, other) != text.npos);
    case ends_with:
      return Value::boolean(text.ends_with(other));
    case content_equals:
      return Value::boolean(text == other);
    case equals_ignore_case:
      return Value::boolean(equal_ignoring_case(text, other));
    case compare_to:
      return Value::integer(compare_units(text, other));
    case compare_to_ignore_case:
      return Value::integer(
          compare_units(lower(text, call.run.arena), lower(other, call.run.arena)));
    default:  // concat
      if (!call.run.build(text.size() + other.size())) return Value::failed();
      return Value::text(call.run.arena.join(text, other));
  }
}

Value replace_text(const Call& call) {
  std::string_view text = call.target.as_text(), from, to;
  if (!text_argument(call, 0, from) || !text_argument(call, 1, to)) return Value::failed();
  std::string result;
  std::size_t at = 0;
  while (at <= text.size()) {
    std::size_t found = find_bytes(text, from, at);
    if (found == text.npos) break;
    if (!call.run.build(found - at + to.size())) return Value::failed();
    result.append(text, at, found - at).append(to);
    at = found + from.size();
    if (!from.empty()) continue;
    if (at < text.size()) result += text[at];  // between every two characters
    ++at;
  }
  if (at < text.size()) result.append(text, at);
  return call.run.text(result);
}

// A pattern known at compile, or compiled here from the first argument.
class Pattern {
 public:
  explicit Pattern(const Call& call) : pattern_(call.pattern) {
    if (pattern_) return;
    std::string_view written;
    if (!text_argument(call, 0, written)) return;
    owned_ = compiled_pattern(written, call.run);
    pattern_ = owned_.get();
  }
  explicit operator bool() const { return pattern_ != nullptr; }
  const Regex* operator->() const { return pattern_; }
  const Regex& operator*() const { return *pattern_; }

 private:
  const Regex* pattern_;
  std::unique_ptr<const Regex> owned_;
};

// Appends a replacement with its $1, ${name} and backslashes resolved.
bool append_replacement(std::string& to, std::string_view replacement, const Regex& pattern,
                        const Regex::Match& match, Run& run) {
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    char c = replacement[i];
    std::string_view rest = replacement.substr(i + 1);
    if (c == '\\' && !rest.empty()) {
      to += replacement[++i];
    } else if (c != '$' && c != '\\') {
      to += c;
    } else {
      int group = -1;
      if (std::size_t end = rest.find('}'); c == '$' && rest.starts_with('{') && end != rest.npos) {
        group = pattern.group_number(rest.substr(1, end - 1));
        i += end + 1;
      } else if (c == '$' && !rest.empty() && rest[0] >= '0' && rest[0] <= '9') {
        group = rest[0] - '0';
        ++i;
      }
      if (group < 0 || static_cast<std::size_t>(group) >= match.group_count) {
        run.problem =
            "the replacement '" + std::string(replacement) + "' names no group of the pattern";
        return false;
      }
      to += match.groups[group];
    }
  }
  return true;
}

Value replace_pattern(const Call& call) {
  std::string_view text = call.target.as_text(), replacement;
  Pattern pattern(call);
  if (!pattern || !text_argument(call, 1, replacement)) return Value::failed();
  std::string result;
  Regex::Match match;
  Search search(*pattern, text);
  std::size_t at = 0, copied = 0;
  while (at <= text.size() && search.find(at, match)) {
    auto begin = static_cast<std::size_t>(match.groups[0].data() - text.data());
    std::size_t end = begin + match.groups[0].size();
    result.append(text, copied, begin - copied);
    std::size_t before = result.size();
    if (!append_replacement(result, replacement, *pattern, match, call.run)) return Value::failed();
    if (!call.run.build(result.size() - before) || !call.run.step()) return Value::failed();
    copied = end;
    at = end;
    if (begin == end) {  // an empty match: goes on behind the next character
      if (end < text.size())
        next_character(text, at);
      else
        ++at;
    }
    if (call.method == replace_first) break;
  }
  if (!search.in_time()) return call.run.fail(std::string(kSearchTooLong));
  if (copied == 0 && result.empty()) return call.target;
  result.append(text, copied);
  return call.run.text(result);
}

Value split_text(const Call& call) {
  std::string_view text = call.target.as_text();
  std::int64_t limit = 0;
  Pattern pattern(call);
  if (!pattern) return Value::failed();
  if (call.arguments.size() == 2 && !int_argument(call, 1, limit)) return Value::failed();
  std::vector<Value> parts;
  Regex::Match match;
  Search search(*pattern, text);
  std::size_t at = 0, part = 0;
  while (at <= text.size() && (limit <= 0 || parts.size() + 1 < static_cast<std::size_t>(limit)) &&
         search.find(at, match)) {
    auto begin = static_cast<std::size_t>(match.groups[0].data() - text.data());
    std::size_t end = begin + match.groups[0].size();
    if (!call.run.step()) return Value::failed();
    if (end > 0) {  // an empty match at the start gives no leading text
      parts.push_back(Value::text(text.substr(part, begin - part)));
      part = end;
    }
    at = end;
    if (begin == end && end < text.size())
      next_character(text, at);
    else if (begin == end)
      ++at;
  }
  if (!search.in_time()) return call.run.fail(std::string(kSearchTooLong));
  parts.push_back(Value::text(text.substr(part)));
  // compat: without a limit trailing empty texts go, but a text without any match stays whole.
  if (limit == 0)
    while (parts.size() > 1 && parts.back().as_text().empty()) parts.pop_back();
  if (limit == 0 && parts.size() == 1 && parts[0].as_text().empty() && !text.empty()) parts.clear();
  auto items = take_values(call.run.arena, parts.size());
  std::ranges::copy(parts, items.begin());
  return Value::array(items);
}

Value repeat_text(const Call& call) {
  std::string_view text = call.target.as_text();
  std::int64_t count = 0;
  if (!int_argument(call, 0, count)) return Value::failed();
  if (count < 0) return call.run.fail("repeat needs a count that is not negative");
  auto times = static_cast<std::size_t>(count);
  if (text.empty() || times == 0) return Value::text("");
  if (times > kBuiltBytesMax || !call.run.build(text.size() * times)) {
    call.run.build(kBuiltBytesMax + 1);
    return Value::failed();
  }
  std::size_t size = text.size() * times, filled = text.size();
  char* to = static_cast<char*>(call.run.arena.take(size, 1));
  std::memcpy(to, text.data(), filled);
  for (; filled < size; filled += std::min(filled, size - filled))
    std::memcpy(to + filled, to, std::min(filled, size - filled));
  return Value::text({to, size});
}

Value characters_of(const Call& call) {
  std::string_view text = call.target.as_text();
  if (!call.run.step(text.size())) return Value::failed();
  auto characters = take_values(call.run.arena, text.size());
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) {
    std::size_t begin = at;
    next_character(text, at);
    characters[count] = Value::text(text.substr(begin, at - begin));
  }
  return Value::array(characters.first(count));
}

Value bytes_of(const Call& call) {
  std::string_view charset = "UTF-8";
  if (!call.arguments.empty() && !text_argument(call, 0, charset)) return Value::failed();
  bool is_ascii_charset = equal_ignoring_case(charset, "US-ASCII");
  if (!equal_ignoring_case(charset, "UTF-8") &&
      !(is_ascii_charset && is_ascii(call.target.as_text())))
    return call.run.fail("the charset '" + std::string(charset) + "' is not supported; use UTF-8");
  return Value::bytes(call.target.as_text());
}

std::string_view stripped(std::string_view text, bool leading, bool trailing) {
  while (leading && !text.empty() && el::is_blank(text.substr(0, 1))) text.remove_prefix(1);
  while (trailing && !text.empty() && el::is_blank(text.substr(text.size() - 1)))
    text.remove_suffix(1);
  return text;
}

Value cased(const Call& call) {
  std::string_view text = call.target.as_text();
  if (!call.run.build(text.size() * 4)) return Value::failed();
  return Value::text(call.method == to_upper_case ? upper(text, call.run.arena)
                                                  : lower(text, call.run.arena));
}

Value matches_pattern(const Call& call) {
  Pattern pattern(call);
  if (!pattern) return Value::failed();
  return matches_whole(*pattern, call.target.as_text(), call.run);
}

}  // namespace

Value call_text(const Call& call) {
  std::string_view text = call.target.as_text();
  if (!call.run.step(text.size() / kBytesPerStep)) return Value::failed();
  switch (call.method) {
    case length:
      return Value::integer(static_cast<std::int32_t>(units_of(text)));
    case is_empty:
      return Value::boolean(text.empty());
    case Method::is_blank:
      return Value::boolean(el::is_blank(text));
    case substring:
    case sub_sequence:
      return substring_of(call);
    case char_at:
    case code_point_at:
      return character_at(call);
    case index_of:
    case last_index_of:
      return index_of_text(call);
    case starts_with:
      return begins_with(call);
    case contains:
    case ends_with:
    case content_equals:
    case equals_ignore_case:
    case compare_to:
    case compare_to_ignore_case:
    case concat:
      return with_text(call);
    case to_lower_case:
    case to_upper_case:
      return cased(call);
    case Method::trim:
      return Value::text(el::trim(text));
    case strip:
      return Value::text(stripped(text, true, true));
    case strip_leading:
      return Value::text(stripped(text, true, false));
    case strip_trailing:
      return Value::text(stripped(text, false, true));
    case replace:
      return replace_text(call);
    case replace_all:
    case replace_first:
      return replace_pattern(call);
    case split:
      return split_text(call);
    case matches:
      return matches_pattern(call);
    case repeat:
      return repeat_text(call);
    case get_bytes:
      return bytes_of(call);
    case to_char_array:
      return characters_of(call);
    case intern:
      return call.target;
    case formatted:
      return format_text(text, call.arguments, call.run);
    default:
      return not_allowed(call);
  }
}

}  // namespace perigee::el
