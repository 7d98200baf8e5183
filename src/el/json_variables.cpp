#include "el/json_variables.hpp"

#include <new>
#include <string>

#include "el/access.hpp"
#include "el/text.hpp"

namespace perigee::el {
namespace {

using enum Access;

constexpr std::string_view kAttributePrefix = "gravitee.attribute.";

Value value_of(Json json) { return json.absent() ? Value::absent() : Value::json(*json.node()); }

// An object of JSON as an Object of another shape.
class JsonObject final : public Object {
 public:
  JsonObject(Json json, Shape shape, bool has_prefix)
      : json_(json), shape_(shape), has_prefix_(has_prefix) {}

  Shape shape() const override { return shape_; }

  Value get(std::string_view key, Arena& arena) const override {
    if (shape_ == Shape::headers) return header(key);
    Value value = value_of(json_[key]);
    if (value.is_absent() && has_prefix_) return value_of(json_[arena.join(kAttributePrefix, key)]);
    return value;
  }

  std::span<const std::string_view> keys(Arena& arena) const override {
    auto names = arena.array<std::string_view>(json_.size());
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = json_.members()[i].name;
    return names;
  }

 private:
  Value header(std::string_view name) const {
    for (const JsonMember& member : json_.members())
      if (equal_ignoring_case(member.name, name)) return Value::json(member.value);
    return Value::absent();
  }

  Json json_;
  Shape shape_;
  bool has_prefix_;
};

Object::Shape shape_of(Access container) {
  if (container == request_headers || container == response_headers) return Object::Shape::headers;
  return first_of(keyed(container)) != none ? Object::Shape::multi_map : Object::Shape::map;
}

// The container that a keyed access reads from, and whether it wants the first value only.
struct Keyed {
  Access container = none;
  bool is_first = false;
};
Keyed keyed_of(Access access) {
  for (Access container : {request_headers, request_params, request_path_params, response_headers,
                           ssl_client_attributes, ssl_server_attributes, context_attributes,
                           api_properties, properties, dictionaries, endpoints, parameters}) {
    if (keyed(container) == access) return {container, false};
    if (access != none && first_of(keyed(container)) == access) return {container, true};
  }
  return {};
}

}  // namespace

Json JsonVariables::owner_of(Bean bean) const {
  switch (bean) {
    case Bean::none:
      return context_;
    case Bean::request_ssl:
      return context_["request"]["ssl"];
    case Bean::ssl_client:
      return context_["request"]["ssl"]["client"];
    case Bean::ssl_server:
      return context_["request"]["ssl"]["server"];
    default:
      return context_[name_of(bean).substr(1)];
  }
}

Json JsonVariables::find(Access access) const {
  const AccessInfo* info = info_of(access);
  return info ? owner_of(info->owner)[info->name] : Json();
}

Value JsonVariables::container(Access access, Arena& arena) const {
  Json json = find(access);
  if (!json.is_object()) return Value::absent();
  auto* memory = arena.take(sizeof(JsonObject), alignof(JsonObject));
  return Value::object(*new (memory)
                           JsonObject(json, shape_of(access), access == context_attributes));
}

Value JsonVariables::keyed_value(Access from, const Reference& reference, bool is_first,
                                 Arena& arena) const {
  Value map = container(from, arena);
  if (map.is_absent()) return map;
  Value found = map.find(reference.name, arena);
  bool has_lists = first_of(keyed(from)) != none;
  if (found.is_absent()) return has_lists ? found : Value::null();
  if (!is_first || !found.is_list()) return found;
  return found.list_size() == 0 ? Value::absent() : found.item(0);
}

Value JsonVariables::parsed(Access content) const {
  Json body = find(content);
  if (!body.is_text()) return body.absent() ? Value::absent() : Value::null();
  auto document = parse_json(body.text());
  if (document) return value_of(*document);
  return document.error().code == ErrorCode::unsupported ? Value::failed() : Value::null();
}

Value JsonVariables::read(const Reference& reference, Arena& arena) const {
  if (reference.access == variable) {
    Json json = context_[reference.name];
    return json.absent() ? Value::null() : value_of(json);
  }
  if (reference.access == request_json) return parsed(request_content);
  if (reference.access == response_json) return parsed(response_content);
  if (reference.access == ssl_client_value)
    return value_of(owner_of(Bean::ssl_client)[reference.name]);
  if (reference.access == ssl_server_value)
    return value_of(owner_of(Bean::ssl_server)[reference.name]);
  if (keyed(reference.access) != none) return container(reference.access, arena);
  if (Keyed from = keyed_of(reference.access); from.container != none)
    return keyed_value(from.container, reference, from.is_first, arena);
  const AccessInfo* info = info_of(reference.access);
  if (!info) return Value::absent();
  Json owner = owner_of(info->owner), json = owner[info->name];
  if (info->bean != Bean::none) return json.present() ? Value::bean(info->bean) : Value::absent();
  if (json.absent()) return owner.present() ? Value::null() : Value::absent();
  return value_of(json);
}

}  // namespace perigee::el
