// Functions of texts.
#include "el/regex.hpp"
#include "el/text.hpp"
#include "jolt/functions.hpp"

namespace perigee::jolt {
namespace {

constexpr std::size_t kPadWidthMax = 500;  // the reference's

}  // namespace

Node* concat(Arguments values, Run& run) {
  std::string text;
  for (Node* each : values) {
    if (!each->is_null()) text += java_text(*each, run);
    if (run.failed()) return nullptr;
  }
  return run.text(text);
}

// compat: the separator stands after each text but the last item, even when that one is empty.
Node* join(std::string_view separator, Arguments values, Run& run) {
  std::string text;
  for (std::size_t i = 0; i < values.size() && !run.failed(); ++i) {
    if (values[i]->is_null()) continue;
    std::string part = java_text(*values[i], run);
    if (part.empty()) continue;
    text += part;
    if (i + 1 < values.size()) text += separator;
    if (text.size() > run.bytes_max()) return nullptr;
  }
  return run.text(text);
}

// String.split: a regular expression, trailing empty texts dropped.
Node* split(std::string_view separator, Node& value, Run& run) {
  if (!value.is_text()) return nullptr;
  auto regex = el::Regex::compile(separator);
  if (!regex) {
    run.fail(regex.error().message);
    return nullptr;
  }
  std::string_view text = value.as_text();
  std::vector<std::string_view> parts;
  std::size_t begin = 0, from = 0;
  el::Regex::Match match;
  el::Search search(**regex, text);
  while (from <= text.size() && search.find(from, match) && run.step()) {
    std::size_t at = static_cast<std::size_t>(match.groups[0].data() - text.data());
    std::size_t end = at + match.groups[0].size();
    bool at_edge = end == 0 || (match.groups[0].empty() && at >= text.size());
    if (!at_edge) {
      parts.push_back(text.substr(begin, at - begin));
      begin = end;
    }
    from = match.groups[0].empty() ? end + 1 : end;
  }
  if (!search.in_time()) run.fail(std::string(el::kSearchTooLong));
  parts.push_back(text.substr(begin));
  while (parts.size() > 1 && parts.back().empty()) parts.pop_back();
  Node* list = run.array();
  for (std::string_view part : parts) run.append(list, run.text(part));
  return list;
}

Node* substring(Arguments values, Run& run) {
  if (values.size() != 3 || !values[0]->is_text() || !is_int(*values[1]) || !is_int(*values[2]))
    return nullptr;
  std::string_view text = values[0]->as_text();
  std::int64_t begin = values[1]->integer, end = values[2]->integer;
  if (begin < 0 || begin >= end || static_cast<std::size_t>(end) > el::units_of(text))
    return nullptr;
  std::size_t from = el::byte_of_unit(text, static_cast<std::size_t>(begin));
  std::size_t to = el::byte_of_unit(text, static_cast<std::size_t>(end));
  return run.text(text.substr(from, to - from));
}

Node* pad(Node& source, Arguments rest, bool left, Run& run) {
  if (rest.size() < 2 || !source.is_text() || !is_int(*rest[0]) || !rest[1]->is_text())
    return nullptr;
  std::int64_t width = rest[0]->integer;
  bool wrong = width <= 0 || width > static_cast<std::int64_t>(kPadWidthMax);
  if (wrong || el::units_of(rest[1]->as_text()) != 1) return nullptr;
  std::size_t units = el::units_of(source.as_text());
  if (static_cast<std::size_t>(width) <= units) return &source;
  std::string fill;
  for (std::size_t i = units; i < static_cast<std::size_t>(width); ++i) fill += rest[1]->as_text();
  std::string text(source.as_text());
  return run.text(left ? fill + text : text + fill);
}

}  // namespace perigee::jolt
