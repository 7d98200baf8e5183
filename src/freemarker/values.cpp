// What values are, and what becomes of them when they are used.
#include <algorithm>

#include "el/convert.hpp"
#include "freemarker/builtins.hpp"
#include "freemarker/numbers.hpp"
#include "freemarker/renderer.hpp"

namespace perigee::freemarker {

using el::Value;

namespace {

constexpr std::string_view kNothing = " ";  // only its address counts

}  // namespace

Value nothing() { return Value::text(kNothing.substr(0, 0)); }
bool is_nothing(Value value) {
  return value.is_text() && value.as_text().empty() && value.as_text().data() == kNothing.data();
}

std::string_view kind_of(Value value) {
  if (value.is_text()) return "a string";
  if (value.is_list()) return "a sequence";
  if (value.is_map() || value.kind() == el::Kind::object) return "a hash";
  return el::kind_name(value);
}

std::string described(const Expression& expression) {
  switch (expression.op) {
    case Op::variable:
      return expression.name;
    case Op::member:
      return described(expression.children[0]) + "." + expression.name;
    case Op::index:
      return described(expression.children[0]) + "[..]";
    case Op::builtin:
      return described(expression.children[0]) + "?" + expression.name;
    default:
      return "(..)";
  }
}

Value Renderer::text(Place place, std::string_view text) {
  return build(place, text.size()) ? Value::text(arena_.copy(text)) : Value::failed();
}

Value Renderer::list(Place place, std::span<const Value> items) {
  if (!build(place, items.size_bytes())) return Value::failed();
  std::span<Value> kept = el::take_values(arena_, items.size());
  std::ranges::copy(items, kept.begin());
  return Value::list(kept);
}

Value Renderer::parse_json(std::string_view json, const Use& use) {
  const Place place = use.place();
  if (!build(place, json.size() * 8) || !step(place, json.size() / 16)) return Value::failed();
  Result<JsonDocument> document = JsonDocument::parse(json, {.depth_max = kJsonDepthMax});
  if (!document)
    return fail(place,
                "?" + use.expression.name + " reads JSON only, found " + document.error().message);
  documents_.push_back(*std::move(document));
  return present(Value::json(*documents_.back().root().node()));
}

std::optional<std::string_view> Renderer::text_of(Value value, Place place) {
  if (value.is_failed()) return std::nullopt;
  if (value.is_text()) return value.as_text();
  if (value.is_number()) {
    Value made = text(place, *formatted(value, number_format_));
    return made.is_failed() ? std::nullopt : std::optional(made.as_text());
  }
  if (value.is_boolean() && !(true_text_.empty() && false_text_.empty()))
    return std::string_view(value.as_boolean() ? true_text_ : false_text_);
  if (value.is_boolean()) {
    fail(place, "a boolean has no text; use ?c, ?string('yes', 'no') or ?then('yes', 'no')");
  } else if (value.is_absent() || value.is_null()) {
    fail(place, "the value is missing or null");
  } else {
    fail(place, "expected a string or a number, found " + std::string(kind_of(value)) +
                    (value.is_list() ? "; use [0] or ?join(', ')" : ""));
  }
  return std::nullopt;
}

std::optional<std::vector<Value>> Renderer::items_of(Value value, Place place) {
  if (value.is_failed()) return std::nullopt;
  if (is_nothing(value)) return std::vector<Value>();
  if (!value.is_list()) {
    fail(place, "expected a sequence, found " + std::string(kind_of(value)));
    return std::nullopt;
  }
  if (!step(place, value.list_size() / 8)) return std::nullopt;
  std::vector<Value> items(value.list_size());
  for (std::size_t i = 0; i < items.size(); ++i) items[i] = present(value.item(i));
  return items;
}

Value Renderer::find(Value map, std::string_view name, Place place) {
  constexpr std::size_t kMembersPerStep = 64;
  if (!step(place, map.stored_members() / kMembersPerStep)) return Value::failed();
  return map.find(name, arena_);
}

// An object is asked for each of its members, and may look through all of them every time.
std::optional<std::span<const el::MapEntry>> Renderer::entries_of(Value map, Place place) {
  const std::size_t count = map.map_size(arena_);
  const std::size_t looks = map.stored_members() > 0 ? 0 : count * count / 64;
  if (!step(place, count / 8 + looks) || !build(place, count * sizeof(el::MapEntry)))
    return std::nullopt;
  return map.entries(arena_);
}

std::optional<bool> Renderer::condition(const Expression& expression) {
  Value value = required(expression);
  if (value.is_failed()) return std::nullopt;
  if (value.is_boolean()) return value.as_boolean();
  fail(expression.place, "expected a boolean, found " + std::string(kind_of(value)));
  return std::nullopt;
}

std::optional<bool> Renderer::equal(Value a, Value b, Place place) {
  if (a.is_failed() || b.is_failed()) return std::nullopt;
  if (a.is_number() && b.is_number()) return compare(a, b) == 0;
  if (a.is_text() && b.is_text()) {
    if (!step(place, a.as_text().size() / 1024)) return std::nullopt;
    return a.as_text() == b.as_text();
  }
  if (a.is_boolean() && b.is_boolean()) return a.as_boolean() == b.as_boolean();
  fail(place, std::string(kind_of(a)) + " and " + std::string(kind_of(b)) +
                  " cannot be compared; convert one of them");
  return std::nullopt;
}

}  // namespace perigee::freemarker
