#include "tests/policies/support/schema.hpp"

#include <algorithm>

namespace perigee::policies::testing {

Json Shape::find(std::string_view keyword) const {
  for (std::size_t i = parts_.size(); i-- > 0;) {
    if (Json found = parts_[i][keyword]; !found.absent()) return found;
  }
  return {};
}

std::vector<std::string> Shape::types() const {
  Json type = find("type");
  if (type.is_text()) return {std::string(type.text())};
  std::vector<std::string> types;
  for (const JsonNode& each : type.items()) types.emplace_back(Json(each).text());
  if (types.empty() && !properties().empty()) types.emplace_back("object");
  if (types.empty() && find("const").is_text()) types.emplace_back("string");
  return types;
}

bool Shape::is(std::string_view type) const {
  std::vector<std::string> all = types();
  std::erase(all, "null");
  return all.size() == 1 && all.front() == type;
}

bool Shape::requires_property(std::string_view name) const {
  return std::ranges::any_of(parts_, [&](const Json& part) {
    return std::ranges::any_of(part["required"].items(), [&](const JsonNode& each) {
      return Json(each).is_text() && Json(each).text() == name;
    });
  });
}

std::map<std::string, std::vector<Json>, std::less<>> Shape::properties() const {
  std::map<std::string, std::vector<Json>, std::less<>> all;
  for (const Json& part : parts_) {
    for (const JsonMember& member : part["properties"].members()) {
      if (Json(member.value).is_object())
        all[std::string(member.name)].push_back(Json(member.value));
    }
  }
  return all;
}

// "#/definitions/name"; anything else is nothing.
Json Schema::resolve(std::string_view reference) const {
  if (!reference.starts_with("#/")) return {};
  Json at = root_;
  for (reference.remove_prefix(2); !reference.empty();) {
    std::size_t end = std::min(reference.find('/'), reference.size());
    at = at[reference.substr(0, end)];
    reference.remove_prefix(std::min(end + 1, reference.size()));
  }
  return at;
}

std::vector<Json> Schema::parts_of(Json schema, std::size_t alternative, int depth) const {
  std::vector<Json> parts;
  if (!schema.is_object() || depth > kDepthMax) return parts;
  auto add = [&](Json more) {
    std::vector<Json> of_more = parts_of(more, alternative, depth + 1);
    parts.insert(parts.end(), of_more.begin(), of_more.end());
  };
  if (Json reference = schema["$ref"]; reference.is_text()) add(resolve(reference.text()));
  parts.push_back(schema);
  for (const JsonNode& each : schema["allOf"].items()) add(Json(each));
  for (std::string_view keyword : {"oneOf", "anyOf"}) {
    Json all = schema[keyword];
    if (all.size() > 0) add(all.at(alternative % all.size()));
  }
  return parts;
}

Shape Schema::shape_of(const std::vector<Json>& schemas, std::size_t alternative) const {
  std::vector<Json> parts;
  for (const Json& schema : schemas) {
    std::vector<Json> more = parts_of(schema, alternative, 0);
    parts.insert(parts.end(), more.begin(), more.end());
  }
  return Shape(std::move(parts));
}

std::size_t Schema::count_alternatives(Json schema, int depth) const {
  std::size_t most = 1;
  if (depth > 4 * kDepthMax) return most;
  for (const JsonMember& member : schema.members()) {
    if (member.name == "oneOf" || member.name == "anyOf")
      most = std::max(most, Json(member.value).size());
    most = std::max(most, count_alternatives(Json(member.value), depth + 1));
  }
  for (const JsonNode& item : schema.items())
    most = std::max(most, count_alternatives(Json(item), depth + 1));
  return most;
}

std::string Schema::object_of(const Shape& shape, const std::string& pointer,
                              const Writing& writing, std::vector<Place>* places, int depth) const {
  std::string text = "{";
  for (const auto& [name, schemas] : shape.properties()) {
    Shape property = shape_of(schemas, writing.alternative);
    std::string at = pointer + "/" + name;
    bool required = shape.requires_property(name);
    bool told = !property.find("default").absent() || !property.find("examples").absent();
    if (!writing.everything && !required && !told) continue;
    if (places) places->push_back({at, property, true, required});
    text.append(text.size() > 1 ? "," : "").append(json_quoted(name)).append(":");
    text.append(text_of(property, at, writing, places, depth + 1));
  }
  return text + "}";
}

std::string Schema::text_of(const Shape& shape, const std::string& pointer, const Writing& writing,
                            std::vector<Place>* places, int depth) const {
  if (!writing.change_to.empty() && pointer == writing.change_at) return writing.change_to;
  if (depth > kDepthMax) return "null";
  if (writing.value_of) {
    if (std::string known = (*writing.value_of)(pointer); !known.empty()) return known;
  }
  if (Json value = shape.find("const"); !value.absent()) return value.dump();
  if (shape.is("object")) return object_of(shape, pointer, writing, places, depth);
  if (Json examples = shape.find("examples"); examples.size() > 0) return examples.at(0).dump();
  if (Json value = shape.find("default"); !value.absent()) return value.dump();
  if (Json values = shape.find("enum"); values.size() > 0) return values.at(0).dump();
  if (shape.is("array")) {
    Shape item = shape_of({shape.find("items")}, writing.alternative);
    std::string at = pointer + "/0";
    if (places) places->push_back({at, item, false, false});
    return "[" + text_of(item, at, writing, places, depth + 1) + "]";
  }
  if (shape.is("string")) return "\"a\"";
  if (shape.is("boolean")) return "true";
  if (Json least = shape.find("minimum"); least.is_number()) return least.dump();
  return shape.is("integer") || shape.is("number") ? "1" : "null";
}

std::string Schema::write(const Writing& writing) const {
  return text_of(shape_of({root_}, writing.alternative), "", writing, nullptr, 0);
}

std::vector<Place> Schema::places(const Writing& writing) const {
  std::vector<Place> places;
  text_of(shape_of({root_}, writing.alternative), "", writing, &places, 0);
  return places;
}

}  // namespace perigee::policies::testing
