#include "tests/compat/value_json.hpp"

#include "el/convert.hpp"
#include "el/json_variables.hpp"
#include "el/run.hpp"

namespace perigee::compat {
namespace {

constexpr int kDepthMax = 64;

void append(std::string& to, el::Value value, Arena& arena, int depth);

std::string java_text(el::Value value, Arena& arena) {
  static const FakeClock clock;
  const el::JsonVariables variables(Json(), clock);
  el::Run run{variables, arena};
  std::string text;
  el::append_java_text(text, value, run);
  return text;
}

void append_list(std::string& to, el::Value list, Arena& arena, int depth) {
  to += '[';
  for (std::size_t i = 0; i < list.list_size(); ++i) {
    if (i > 0) to += ',';
    append(to, list.item(i), arena, depth + 1);
  }
  to += ']';
}

void append_map(std::string& to, el::Value map, Arena& arena, int depth) {
  to += '{';
  bool first = true;
  for (const el::MapEntry& entry : map.entries(arena)) {
    if (!first) to += ',';
    first = false;
    append_json_quoted(to, java_text(entry.key, arena));
    to += ':';
    append(to, entry.value, arena, depth + 1);
  }
  to += '}';
}

void append(std::string& to, el::Value value, Arena& arena, int depth) {
  if (depth > kDepthMax) {
    to += "\"deeper than is shown\"";
  } else if (value.is_null() || value.is_absent()) {
    to += "null";
  } else if (value.is_boolean()) {
    to += value.as_boolean() ? "true" : "false";
  } else if (value.is_number()) {
    to += java_text(value, arena);
  } else if (value.is_text() || value.kind() == el::Kind::bytes) {
    append_json_quoted(to, value.as_text());
  } else if (value.is_list()) {
    append_list(to, value, arena, depth);
  } else if (value.is_map()) {
    append_map(to, value, arena, depth);
  } else {
    append_json_quoted(to, el::kind_name(value));
  }
}

}  // namespace

std::string json_of(el::Value value, Arena& arena) {
  std::string text;
  append(text, value, arena, 0);
  return text;
}

}  // namespace perigee::compat
