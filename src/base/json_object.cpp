#include "base/json_object.hpp"

#include <algorithm>
#include <utility>

#include "base/nearest.hpp"

namespace perigee {
namespace {

void append_escaped(std::string& to, std::string_view member) {
  for (char c : member) {
    if (c == '~') {
      to += "~0";
    } else if (c == '/') {
      to += "~1";
    } else {
      to += c;
    }
  }
}

}  // namespace

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kShownBytes = 60;
  std::size_t size = std::min(text.size(), kShownBytes);
  while (size < text.size() && size > 0 && (text[size] & 0xC0) == 0x80) --size;
  std::string quote = "'" + std::string(text.substr(0, size));
  return quote + (size < text.size() ? "...'" : "'");
}

std::string described(Json json) {
  if (json.absent()) return "nothing";
  switch (json.type()) {
    case JsonType::null:
      return "null";
    case JsonType::boolean:
      return json.boolean() ? "true" : "false";
    case JsonType::integer:
    case JsonType::real:
      return "the number " + json.dump();
    case JsonType::text:
      return "the text " + quoted(json.text());
    case JsonType::array:
      return "an array";
    case JsonType::object:
      return "an object";
  }
  return "nothing";
}

JsonObject::JsonObject(Json json, Problems& problems, std::string_view inside)
    : json_(json), problems_(problems), inside_(inside) {
  if (!json.present() || json.is_object()) return;
  problems_.error(pointer(), "found " + described(json) + ", expected an object");
}

std::string JsonObject::pointer() const { return std::string(inside_) + json_.pointer(); }

std::string JsonObject::pointer(std::string_view member) const {
  std::string text = pointer();
  if (member.empty()) return text;
  text += '/';
  append_escaped(text, member);
  return text;
}

void JsonObject::error(std::string_view member, std::string message) {
  problems_.error(pointer(member), std::move(message));
}

void JsonObject::warning(std::string_view member, std::string message) {
  problems_.warning(pointer(member), std::move(message));
}

void JsonObject::wrong_type(std::string_view member, std::string_view expected) {
  error(member, "found " + described(json_[member]) + ", expected " + std::string(expected));
}

void JsonObject::wrong_type(Json at, std::string_view expected) {
  problems_.error(std::string(inside_) + at.pointer(),
                  "found " + described(at) + ", expected " + std::string(expected));
}

Json JsonObject::value(std::string_view member) {
  known_.push_back(member);
  return json_[member];
}

// The errors of Json's getters begin with the pointer (of the member, or of an item of it), which a
// Problem has beside its message.
void JsonObject::wrong(std::string_view member, const Error& error) {
  std::string here = json_[member].pointer();
  std::string_view message = error.message;
  std::size_t colon = message.starts_with(here) ? message.find(": ", here.size()) : message.npos;
  if (colon == message.npos) return this->error(member, error.message);
  std::string where = std::string(inside_).append(message.substr(0, colon));
  problems_.error(std::move(where), std::string(message.substr(colon + 2)));
}

std::optional<std::string> JsonObject::optional_text(std::string_view member) {
  known_.push_back(member);
  auto found = json_.optional_text(member);
  if (found) return *std::move(found);
  wrong(member, found.error());
  return std::nullopt;
}

std::string JsonObject::text(std::string_view member, std::string_view fallback) {
  return optional_text(member).value_or(std::string(fallback));
}

std::string JsonObject::required_text(std::string_view member) {
  if (json_.present() && !json_.is_object()) return {};  // already a fault
  if (!value(member).present()) {
    error(member, "required, but it is missing");
    return {};
  }
  std::optional<std::string> found = optional_text(member);
  if (found && is_blank(*found)) error(member, "required, but it is blank");
  return std::move(found).value_or(std::string());
}

bool JsonObject::boolean(std::string_view member, bool fallback) {
  known_.push_back(member);
  auto found = json_.boolean_or(member, fallback);
  if (found) return *found;
  wrong(member, found.error());
  return fallback;
}

std::int64_t JsonObject::number(std::string_view member, std::int64_t fallback, Range range) {
  known_.push_back(member);
  auto found = json_.integer_or(member, fallback);
  if (!found) {
    wrong(member, found.error());
    return fallback;
  }
  bool in_range = *found >= range.low && *found <= range.high;
  if (in_range || !json_[member].present()) return *found;
  error(member, "found " + std::to_string(*found) + ", expected a number from " +
                    std::to_string(range.low) + " to " + std::to_string(range.high));
  return fallback;
}

std::span<const JsonNode> JsonObject::items(std::string_view member, std::size_t limit) {
  Json json = value(member);
  if (!json.present()) return {};
  if (!json.is_array()) {
    wrong_type(member, "an array");
    return {};
  }
  if (json.size() <= limit) return json.items();
  error(member, std::to_string(json.size()) + " items, the limit is " + std::to_string(limit));
  return {};
}

std::span<const JsonNode> JsonObject::items_at_least_one(std::string_view member,
                                                         std::size_t limit) {
  Json json = value(member);
  bool none = !json.present() || (json.is_array() && json.size() == 0);
  if (none) error(member, "at least one is required");
  return items(member, limit);
}

std::vector<std::string> JsonObject::texts(std::string_view member, std::size_t limit) {
  if (items(member, limit).empty()) return {};
  auto found = json_.texts(member);
  if (found) return *std::move(found);
  wrong(member, found.error());
  return {};
}

void JsonObject::finish(std::span<const Hint> hints) {
  for (const JsonMember& each : json_.members()) {
    if (std::ranges::find(known_, each.name) != known_.end()) continue;
    if (!problems_.lists_warnings()) {
      problems_.warning({}, {});  // counted, not listed
      continue;
    }
    auto hint = std::ranges::find(hints, each.name, &Hint::member);
    warning(each.name,
            "unknown member, ignored" + (hint == hints.end() ? did_you_mean(each.name, known_)
                                                             : "; " + std::string(hint->advice)));
  }
}

}  // namespace perigee
