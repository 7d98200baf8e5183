#include "definition/object.hpp"

#include <utility>

namespace perigee::definition {

std::string not_inner_json(const JsonFault& fault) {
  std::string at = fault.place.empty() ? "" : "at " + fault.place + ": ";
  return "the string does not contain valid JSON: " + at + fault.what;
}

void warn_of_duplicates(const JsonDocument& document, const std::string& inside,
                        Problems& problems) {
  for (Json member : document.duplicates()) {
    std::string pointer = problems.lists_warnings() ? inside + member.pointer() : "";
    problems.warning(std::move(pointer), "the member stands twice; the last one counts");
  }
}

std::chrono::milliseconds Object::duration(std::string_view member,
                                           std::chrono::milliseconds fallback) {
  auto count = static_cast<std::int32_t>(fallback.count());
  return std::chrono::milliseconds(integer(member, count, {.low = 0}));
}

std::size_t Object::chosen(std::string_view member, Names names, std::size_t fallback) {
  std::optional<std::string> text = optional_text(member);
  if (!text || is_blank(*text)) return fallback;
  std::size_t index = index_of(*text, names);
  if (index != kNoName) return index;
  // What stands for no name at all is first in its table, and no document writes it.
  bool falls_to_none = names[fallback] == kNoneOfThem;
  if (falls_to_none) names = names.subspan(1);
  std::string instead = falls_to_none ? "" : ", '" + std::string(names[fallback]) + "' is used";
  bool is_meant = !falls_to_none && nearest_name(*text, names) == names[fallback];
  warning(member, "unknown value " + quoted(*text) + instead +
                      (is_meant ? "" : did_you_mean(*text, names)) + "; valid: " + listed(names));
  return fallback;
}

std::string Object::text_at(Json at) {
  if (at.is_text()) return std::string(at.text());
  if (at.is_number() || at.is_boolean()) return at.dump();
  if (at.present()) wrong_type(at, "text");
  return {};
}

Configuration Object::configuration(std::string_view member) {
  Json json = value(member);
  if (!json.present()) return {};
  if (json.is_object()) return {json, std::string(inside())};
  if (!json.is_text()) {
    wrong_type(member, "an object, or a string that contains JSON");
    return {};
  }
  if (is_blank(json.text())) return {};
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

}  // namespace perigee::definition
