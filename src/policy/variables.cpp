// How expressions read an exchange: expression-language.md section 2.
#include <algorithm>
#include <array>
#include <new>

#include "http/headers.hpp"
#include "policy/exchange.hpp"
#include "policy/original_url.hpp"
#include "policy/variable_objects.hpp"

namespace perigee::policy {

using el::Access;
using el::Reference;
using el::Value;

namespace {

// What name_id gave: a known header's id, else the hash of the name, else 0 (a hash that looks like
// an id).
constexpr std::uint32_t kIdsEnd = 256;

std::uint32_t name_id(Access access, std::string_view name) {
  switch (access) {
    case Access::request_header:
    case Access::request_header_first:
    case Access::response_header:
    case Access::response_header_first: {
      http::HeaderName header(name);
      if (header.id != http::HeaderId::other) return static_cast<std::uint32_t>(header.id);
      return header.hash < kIdsEnd ? 0 : header.hash;
    }
    default:
      return 0;
  }
}

http::HeaderName header_of(const Reference& reference) {
  if (reference.id == 0) return http::HeaderName(reference.name);
  http::HeaderName name;
  name.text = reference.name;
  if (reference.id < kIdsEnd) {
    name.id = static_cast<http::HeaderId>(reference.id);
  } else {
    name.hash = reference.id;
  }
  return name;
}

Value name_value(const std::vector<NameValue>& values, std::string_view name) {
  const NameValue* found = find_by_name(values, name);
  return found ? Value::text(found->value) : Value::null();
}

Value or_null(Value value) { return value.is_absent() ? Value::null() : value; }

bool begins_as_object(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // as JsonDocument does
  std::size_t begin = text.find_first_not_of(" \t\r\n");
  return begin != text.npos && text[begin] == '{';
}

// The root of a body that is JSON. What is empty or no JSON is null; what a backend may understand
// and we do not is failed, so that no condition about it is passed by.
Value parsed(const el::Variables& variables, std::string_view body) {
  Result<Json> json = variables.parse_json(body);
  if (json) return Value::json(*json->node());
  const bool others_may_take = json.error().code == ErrorCode::unsupported;
  return others_may_take && begins_as_object(body) ? Value::failed() : Value::null();
}

// What steps leave for later expressions in Exchange::variables.
constexpr std::array<std::string_view, 3> kVariablesOfPolicies = {"group", "groupName",
                                                                  "calloutResponse"};

constexpr std::array<std::string_view, 12> kCoreAttributes = {"api",
                                                              "api.name",
                                                              "api.deployed-at",
                                                              "organization",
                                                              "environment",
                                                              "context-path",
                                                              "plan",
                                                              "application",
                                                              "user-id",
                                                              "clientIdentifier",
                                                              "sni",
                                                              "request.original-url"};

}  // namespace

// The exchange's attributes and the core's own, which are not stored.
class AttributesObject final : public el::Object {
 public:
  explicit AttributesObject(const Exchange& exchange) : exchange_(exchange) {}
  Shape shape() const override { return Shape::map; }
  Value get(std::string_view key, Arena&) const override { return exchange_.read_attribute(key); }
  std::span<const std::string_view> keys(Arena& into) const override {
    std::span<const Attributes::Entry> set = exchange_.attributes.entries();
    std::span<std::string_view> names =
        into.array<std::string_view>(set.size() + kCoreAttributes.size());
    std::size_t count = 0;
    for (const Attributes::Entry& entry : set) {
      if (!entry.removed) names[count++] = entry.name;
    }
    for (std::string_view core : kCoreAttributes) {
      bool there = !exchange_.core_attribute(core).is_absent();
      if (there && !exchange_.attributes.get(core))
        names[count++] = into.join(kAttributePrefix, core);
    }
    return names.first(count);
  }

 private:
  const Exchange& exchange_;
};

const el::Options& template_options() {
  static constexpr el::Options kOptions{.name_id = &name_id, .variables = kVariablesOfPolicies};
  return kOptions;
}

Value Exchange::core_attribute(std::string_view name) const {
  auto text = [](std::string_view value) {
    return value.empty() ? Value::absent() : Value::text(value);
  };
  if (name == "api") return text(api.id);
  if (name == "api.name") return text(api.name);
  if (name == "api.deployed-at") return Value::long_integer(api.deployed_at_ms);
  if (name == "organization") return text(api.organization_id);
  if (name == "environment") return text(api.environment_id);
  if (name == "context-path") return text(context_path);
  if (name == "plan") return text(plan_id);
  if (name == "application") return text(application_id);
  if (name == "user-id") return text(subscription_id);
  if (name == "clientIdentifier") return text(client_identifier);
  if (name == "sni") return text(stream.tls().server_name);
  if (name == "request.original-url" && follows_forwarding)
    return text(original_url(request, arena));
  return Value::absent();
}

Value Exchange::read_attribute(std::string_view name) const {
  if (const Value* value = attributes.get(name)) return *value;
  return core_attribute(short_attribute_name(name));
}

std::string Exchange::why_failed(const Reference& reference) const {
  const bool of_request = reference.access == Access::request_json;
  if (!of_request && reference.access != Access::response_json) return api.properties_fault;
  Result<Json> json = parse_json(of_request ? request_body.bytes() : response_body.bytes());
  return json ? "" : "the body cannot be read: " + json.error().message;
}

Value Exchange::read(const Reference& reference, Arena& into) const {
  switch (reference.access) {
    case Access::request:
      return Value::bean(el::Bean::request);
    case Access::response:
      return Value::bean(el::Bean::response);
    case Access::context:
      return Value::bean(el::Bean::context);
    case Access::api:
      return Value::bean(el::Bean::api);
    case Access::node:
      return Value::bean(el::Bean::node);
    case Access::subscription:
      return subscription_id.empty() ? Value::absent() : Value::bean(el::Bean::subscription);
    case Access::context_attributes:
      return Value::object(*new (into.take(sizeof(AttributesObject), alignof(AttributesObject)))
                               AttributesObject(*this));
    case Access::context_attribute:
      return or_null(read_attribute(reference.name));
    case Access::api_id:
      return Value::text(api.id);
    case Access::api_name:
      return Value::text(api.name);
    case Access::api_version:
      return Value::text(api.version);
    case Access::api_properties:
    case Access::properties:
      if (!api.properties_fault.empty()) return Value::failed();
      return api.has_properties ? name_values_object(api.properties, into) : Value::absent();
    case Access::api_property:
    case Access::property:
      if (!api.properties_fault.empty()) return Value::failed();
      return api.has_properties ? name_value(api.properties, reference.name) : Value::absent();
    case Access::dictionaries:
      return dictionaries ? dictionaries_object(*dictionaries, into) : Value::absent();
    case Access::dictionary:
      return dictionaries ? or_null(dictionary(*dictionaries, reference.name, into))
                          : Value::absent();
    case Access::endpoints:
      return name_values_object(api.endpoint_references, into);
    case Access::endpoint:
      return name_value(api.endpoint_references, reference.name);
    case Access::subscription_id:
      return subscription_id.empty() ? Value::absent() : Value::text(subscription_id);
    case Access::subscription_type:
      return subscription_id.empty() ? Value::absent() : Value::text("STANDARD");
    case Access::subscription_metadata:
    case Access::subscription_application_name:
    case Access::subscription_client_id:
    case Access::subscription_api_product_id:
      return subscription_id.empty() ? Value::absent() : Value::null();
    case Access::node_id:
      return Value::text(node.id);
    case Access::node_version:
      return Value::text(node.version);
    case Access::node_tenant:
      return node.tenant.empty() ? Value::null() : Value::text(node.tenant);
    case Access::node_zone:
      return node.zone.empty() ? Value::null() : Value::text(node.zone);
    case Access::node_sharding_tags: {
      std::span<Value> tags = el::take_values(into, node.sharding_tags.size());
      for (std::size_t i = 0; i < tags.size(); ++i) tags[i] = Value::text(node.sharding_tags[i]);
      return Value::list(tags);
    }
    case Access::variable: {
      const Value* value = variables.get(reference.name);
      return value ? *value : Value::null();
    }
    default:
      break;
  }
  if (reference.access >= Access::request_ssl &&
      reference.access <= Access::ssl_server_attribute_first) {
    return read_tls(reference, into);
  }
  if (reference.access >= Access::request_id && reference.access < Access::request_ssl) {
    return read_request(reference, into);
  }
  if (reference.access >= Access::response_status &&
      reference.access <= Access::response_header_first) {
    return read_response(reference, into);
  }
  return read_error(reference, into);
}

Value Exchange::read_request(const Reference& reference, Arena& into) const {
  switch (reference.access) {
    case Access::request_id:
      return Value::text(request_id);
    case Access::request_transaction_id:
      return Value::text(transaction_id);
    case Access::request_uri:
      return Value::text(uri);
    case Access::request_path:
      return Value::text(request.path);
    case Access::request_context_path:
      return Value::text(context_path);
    case Access::request_path_info:
      return Value::text(path_info);
    case Access::request_method:
      return Value::text(request.method_text);
    case Access::request_scheme:
      return Value::text(request.scheme);
    case Access::request_host:
      return Value::text(request.authority);
    case Access::request_version:
      return Value::text(http::to_string(request.version));
    case Access::request_timestamp:
      return Value::long_integer(epoch_ms(arrived_wall));
    case Access::request_remote_address:
      return Value::text(remote_address);
    case Access::request_local_address:
      return Value::text(into.copy(stream.local().ip()));
    case Access::request_content:
      return Value::text(request_body.bytes());
    case Access::request_json:
      return parsed(*this, request_body.bytes());
    case Access::request_headers:
      return headers_object(request.headers, into);
    case Access::request_header:
      return header_values(request.headers, header_of(reference), into);
    case Access::request_header_first:
      return first_header(request.headers, header_of(reference));
    case Access::request_params:
      return query_object(request.query, into);
    case Access::request_param:
      return query_values(request.query, reference.name, into);
    case Access::request_param_first:
      return first_query_value(request.query, reference.name);
    case Access::request_path_params:
      return single_values_object(path_parameters, into);
    case Access::request_path_param:
      return values_of_one(path_parameters, reference.name, into);
    case Access::request_path_param_first: {
      const Value* value = path_parameters.get(reference.name);
      return value ? *value : Value::absent();
    }
    default:
      return Value::absent();
  }
}

Value Exchange::read_response(const Reference& reference, Arena& into) const {
  switch (reference.access) {
    case Access::response_status:
      return Value::integer(response.status);
    case Access::response_content:
      return Value::text(response_body.bytes());
    case Access::response_json:
      return parsed(*this, response_body.bytes());
    case Access::response_headers:
      return headers_object(response.headers, into);
    case Access::response_header:
      return header_values(response.headers, header_of(reference), into);
    case Access::response_header_first:
      return first_header(response.headers, header_of(reference));
    default:
      return Value::absent();
  }
}

Value Exchange::read_error(const Reference& reference, Arena& into) const {
  if (!failure) return Value::absent();
  switch (reference.access) {
    case Access::error:
      return Value::bean(el::Bean::error);
    case Access::error_status_code:
      return Value::integer(failure->status);
    case Access::error_key:
      return failure->key.empty() ? Value::null() : Value::text(failure->key);
    case Access::error_message:
      return failure->has_message ? Value::text(failure->message) : Value::null();
    case Access::error_parameters:
    case Access::parameters:
      return parameters_object(*failure, into);
    case Access::parameter:
      return or_null(parameter(*failure, reference.name));
    case Access::error_cause:
      return Value::text(to_string(failure->cause));
    default:
      return Value::absent();
  }
}

}  // namespace perigee::policy
