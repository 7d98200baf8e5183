#include "el/value.hpp"

#include <limits>

#include "base/assert.hpp"
#include "el/decimal.hpp"

namespace perigee::el {
namespace {

std::uint32_t narrow(std::size_t size) {
  PERIGEE_ASSERT(size <= std::numeric_limits<std::uint32_t>::max());
  return static_cast<std::uint32_t>(size);
}

std::span<const MapEntry> entries_of(const JsonNode& node, Arena& arena) {
  auto entries = arena.array<MapEntry>(node.members.size);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const JsonMember& member = node.members.data[i];
    entries[i] = {Value::text(member.name), Value::json(member.value)};
  }
  return entries;
}

std::span<const MapEntry> entries_of(const Object& object, Arena& arena) {
  auto keys = object.keys(arena);
  auto entries = arena.array<MapEntry>(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i)
    entries[i] = {Value::text(keys[i]), object.get(keys[i], arena)};
  return entries;
}

}  // namespace

Value Value::real(double d) {
  Value value;
  value.kind_ = Kind::real;
  value.real_ = d;
  return value;
}

Value Value::text(std::string_view text) {
  Value value;
  value.kind_ = Kind::text;
  value.chars_ = text.data();
  value.size_ = narrow(text.size());
  return value;
}

Value Value::bytes(std::string_view bytes) {
  Value value = text(bytes);
  value.kind_ = Kind::bytes;
  value.is_array_ = true;
  return value;
}

Value Value::list(std::span<const Value> items) {
  Value value;
  value.kind_ = Kind::list;
  value.items_ = items.data();
  value.size_ = narrow(items.size());
  return value;
}

Value Value::array(std::span<const Value> items) {
  Value value = list(items);
  value.is_array_ = true;
  return value;
}

Value Value::map(std::span<const MapEntry> entries) {
  Value value;
  value.kind_ = Kind::map;
  value.entries_ = entries.data();
  value.size_ = narrow(entries.size());
  return value;
}

Value Value::entry(const MapEntry& entry) {
  Value value;
  value.kind_ = Kind::entry;
  value.entries_ = &entry;
  return value;
}

Value Value::object(const Object& object) {
  Value value;
  value.kind_ = Kind::object;
  value.object_ = &object;
  return value;
}

Value Value::decimal(const Decimal& decimal) {
  Value value;
  value.kind_ = Kind::decimal;
  value.decimal_ = &decimal;
  return value;
}

Value Value::temporal(const Temporal& temporal) {
  Value value;
  value.kind_ = Kind::temporal;
  value.temporal_ = &temporal;
  return value;
}

Value Value::format(const Format& format) {
  Value value;
  value.kind_ = Kind::format;
  value.format_ = &format;
  return value;
}

double Value::real_of_decimal() const { return real_of(*decimal_); }

Value Value::json(const JsonNode& node) {
  Value value;
  switch (node.type) {
    case JsonType::null:
      return value;
    case JsonType::boolean:
      return boolean(node.boolean);
    case JsonType::integer:
      if (node.integer == static_cast<std::int32_t>(node.integer))
        return integer(static_cast<std::int32_t>(node.integer));
      return long_integer(node.integer);
    case JsonType::real:
      return real(node.real);
    case JsonType::text:
      return text(node.as_text());
    case JsonType::array:
      value.kind_ = Kind::json_list;
      value.size_ = narrow(node.items.size);
      break;
    case JsonType::object:
      value.kind_ = Kind::json_map;
      value.size_ = narrow(node.members.size);
      break;
  }
  value.json_ = &node;
  return value;
}

bool Value::is_map() const {
  if (kind_ == Kind::object) return object_->shape() != Object::Shape::bean;
  return kind_ == Kind::map || kind_ == Kind::json_map;
}

Value Value::item(std::size_t index) const {
  PERIGEE_ASSERT(is_list() && index < size_);
  return kind_ == Kind::list ? items_[index] : json(json_->items.data[index]);
}

std::size_t Value::stored_members() const {
  return kind_ == Kind::map || kind_ == Kind::json_map ? size_ : 0;
}

std::size_t Value::map_size(Arena& arena) const {
  return kind_ == Kind::object ? object_->keys(arena).size() : size_;
}

Value Value::find(std::string_view key, Arena& arena) const {
  PERIGEE_ASSERT(is_map());
  if (kind_ == Kind::object) return object_->get(key, arena);
  if (kind_ == Kind::json_map) {
    Json member = Json(*json_)[key];
    return member.absent() ? absent() : json(*member.node());
  }
  for (const MapEntry& entry : std::span(entries_, size_))
    if (entry.key.is_text() && entry.key.as_text() == key) return entry.value;
  return absent();
}

std::span<const MapEntry> Value::entries(Arena& arena) const {
  PERIGEE_ASSERT(is_map());
  if (kind_ == Kind::map) return {entries_, size_};
  if (kind_ == Kind::json_map) return entries_of(*json_, arena);
  return entries_of(*object_, arena);
}

}  // namespace perigee::el
