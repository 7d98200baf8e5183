#include "definition/object.hpp"

#include <algorithm>
#include <utility>

namespace perigee::definition {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
bool blank(std::string_view text) { return text.find_first_not_of(kBlanks) == text.npos; }

// Long values of strangers are cut in messages, at a character's start.
std::string quoted(std::string_view text) {
  constexpr std::size_t kShownBytes = 60;
  std::size_t size = std::min(text.size(), kShownBytes);
  while (size < text.size() && size > 0 && (text[size] & 0xC0) == 0x80) --size;
  std::string quote = "'" + std::string(text.substr(0, size));
  return quote + (size < text.size() ? "...'" : "'");
}

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

std::string not_inner_json(const JsonFault& fault) {
  std::string at = fault.place.empty() ? "" : "at " + fault.place + ": ";
  return "the string does not contain valid JSON: " + at + fault.what;
}

Object::Object(Json json, Reading& reading, std::string_view inside)
    : json_(json), reading_(reading), inside_(inside) {
  if (!json.present() || json.is_object()) return;
  reading_.problems.error(pointer(), "found " + described(json) + ", expected an object");
}

std::string Object::pointer() const { return std::string(inside_) + json_.pointer(); }

std::string Object::pointer(std::string_view member) const {
  std::string text = pointer();
  if (member.empty()) return text;
  text += '/';
  append_escaped(text, member);
  return text;
}

void Object::error(std::string_view member, std::string message) {
  reading_.problems.error(pointer(member), std::move(message));
}

void Object::warning(std::string_view member, std::string message) {
  reading_.problems.warning(pointer(member), std::move(message));
}

void Object::wrong_type(std::string_view member, std::string_view expected) {
  error(member, "found " + described(json_[member]) + ", expected " + std::string(expected));
}

Json Object::value(std::string_view member) {
  known_.push_back(member);
  return json_[member];
}

// The errors of Json's getters begin with the pointer (of the member, or of an item of it), which a
// Problem has beside its message.
void Object::wrong(std::string_view member, const Error& error) {
  std::string here = json_[member].pointer();
  std::string_view message = error.message;
  std::size_t colon = message.starts_with(here) ? message.find(": ", here.size()) : message.npos;
  if (colon == message.npos) return this->error(member, error.message);
  std::string where = std::string(inside_).append(message.substr(0, colon));
  reading_.problems.error(std::move(where), std::string(message.substr(colon + 2)));
}

std::optional<std::string> Object::optional_text(std::string_view member) {
  known_.push_back(member);
  auto found = json_.optional_text(member);
  if (found) return *std::move(found);
  wrong(member, found.error());
  return std::nullopt;
}

std::string Object::text(std::string_view member) {
  return optional_text(member).value_or(std::string());
}

std::string Object::required_text(std::string_view member) {
  if (json_.present() && !json_.is_object()) return {};  // already a fault
  if (!value(member).present()) {
    error(member, "required, but it is missing");
    return {};
  }
  std::optional<std::string> found = optional_text(member);
  if (found && blank(*found)) error(member, "required, but it is blank");
  return std::move(found).value_or(std::string());
}

bool Object::boolean(std::string_view member, bool fallback) {
  known_.push_back(member);
  auto found = json_.boolean_or(member, fallback);
  if (found) return *found;
  wrong(member, found.error());
  return fallback;
}

std::int32_t Object::integer(std::string_view member, std::int32_t fallback, Range range) {
  known_.push_back(member);
  auto found = json_.integer_or(member, fallback);
  if (!found) {
    wrong(member, found.error());
    return fallback;
  }
  bool in_range = *found >= range.low && *found <= range.high;
  if (in_range || !json_[member].present()) return static_cast<std::int32_t>(*found);
  error(member, "found " + std::to_string(*found) + ", expected a number from " +
                    std::to_string(range.low) + " to " + std::to_string(range.high));
  return fallback;
}

std::chrono::milliseconds Object::duration(std::string_view member,
                                           std::chrono::milliseconds fallback) {
  auto count = static_cast<std::int32_t>(fallback.count());
  return std::chrono::milliseconds(integer(member, count, {.low = 0}));
}

std::size_t Object::chosen(std::string_view member, Names names, std::size_t fallback) {
  std::optional<std::string> text = optional_text(member);
  if (!text || blank(*text)) return fallback;
  std::size_t index = index_of(*text, names);
  if (index != kNoName) return index;
  warning(member, "unknown value " + quoted(*text) + ", '" + std::string(names[fallback]) +
                      "' is used" + did_you_mean(*text, names) + "; valid: " + listed(names));
  return fallback;
}

Object Object::object(std::string_view member) { return open(value(member)); }

std::span<const JsonNode> Object::items(std::string_view member, std::size_t limit) {
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

std::span<const JsonNode> Object::items_at_least_one(std::string_view member, std::size_t limit) {
  Json json = value(member);
  bool none = !json.present() || (json.is_array() && json.size() == 0);
  if (none) error(member, "at least one is required");
  return items(member, limit);
}

std::vector<std::string> Object::texts(std::string_view member) {
  if (items(member, reading_.limits.list_items_max).empty()) return {};
  auto found = json_.texts(member);
  if (found) return *std::move(found);
  wrong(member, found.error());
  return {};
}

Configuration Object::configuration(std::string_view member) {
  Json json = value(member);
  if (!json.present()) return {};
  if (json.is_object()) return {json, std::string(inside_)};
  if (!json.is_text()) {
    wrong_type(member, "an object, or a string that contains JSON");
    return {};
  }
  if (blank(json.text())) return {};
  const Limits& limits = reading_.limits;
  auto parsed = JsonDocument::read(
      json.text(), {.bytes_max = limits.definition_bytes_max, .depth_max = limits.depth_max});
  if (!parsed) {
    error(member, not_inner_json(parsed.error()));
    return {};
  }
  Json root = parsed->root();
  if (root.present() && !root.is_object()) {
    error(member, "the string contains " + described(root) + ", expected a JSON object");
    return {};
  }
  if (!root.present()) return {};
  reading_.documents.push_back(std::make_shared<const JsonDocument>(*std::move(parsed)));
  return {reading_.documents.back()->root(), pointer(member)};
}

void Object::finish() {
  for (const JsonMember& each : json_.members()) {
    if (std::ranges::find(known_, each.name) != known_.end()) continue;
    if (!reading_.problems.lists_warnings()) {
      reading_.problems.warning({}, {});  // counted, not listed
      continue;
    }
    warning(each.name, "unknown member, ignored" + did_you_mean(each.name, known_));
  }
}

}  // namespace perigee::definition
