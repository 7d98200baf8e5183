#include "el/access.hpp"

#include <algorithm>
#include <array>

namespace perigee::el {
namespace {

using enum Access;

constexpr AccessInfo kAccesses[] = {
    {Bean::none, "request", request, Bean::request},
    {Bean::none, "response", response, Bean::response},
    {Bean::none, "context", context, Bean::context},
    {Bean::none, "api", api, Bean::api},
    {Bean::none, "subscription", subscription, Bean::subscription},
    {Bean::none, "node", node, Bean::node},
    {Bean::none, "error", error, Bean::error},
    {Bean::none, "secrets", secrets, Bean::secrets},
    {Bean::none, "properties", properties},
    {Bean::none, "dictionaries", dictionaries},
    {Bean::none, "endpoints", endpoints},
    {Bean::none, "parameters", parameters},
    {Bean::request, "id", request_id},
    {Bean::request, "transactionId", request_transaction_id},
    {Bean::request, "uri", request_uri},
    {Bean::request, "path", request_path},
    {Bean::request, "contextPath", request_context_path},
    {Bean::request, "pathInfo", request_path_info},
    {Bean::request, "paths", request_paths},
    {Bean::request, "pathInfos", request_path_infos},
    {Bean::request, "params", request_params},
    {Bean::request, "pathParams", request_path_params},
    {Bean::request, "headers", request_headers},
    {Bean::request, "method", request_method},
    {Bean::request, "scheme", request_scheme},
    {Bean::request, "host", request_host},
    {Bean::request, "version", request_version},
    {Bean::request, "timestamp", request_timestamp},
    {Bean::request, "remoteAddress", request_remote_address},
    {Bean::request, "localAddress", request_local_address},
    {Bean::request, "content", request_content},
    {Bean::request, "jsonContent", request_json_content},
    {Bean::request, "xmlContent", request_xml_content},
    {Bean::request, "ssl", request_ssl, Bean::request_ssl},
    {Bean::request_ssl, "clientHost", ssl_client_host},
    {Bean::request_ssl, "clientPort", ssl_client_port},
    {Bean::request_ssl, "client", ssl_client, Bean::ssl_client},
    {Bean::request_ssl, "server", ssl_server, Bean::ssl_server},
    {Bean::ssl_client, "attributes", ssl_client_attributes},
    {Bean::ssl_server, "attributes", ssl_server_attributes},
    {Bean::response, "status", response_status},
    {Bean::response, "headers", response_headers},
    {Bean::response, "content", response_content},
    {Bean::response, "jsonContent", response_json_content},
    {Bean::response, "xmlContent", response_xml_content},
    {Bean::context, "attributes", context_attributes},
    {Bean::api, "id", api_id},
    {Bean::api, "name", api_name},
    {Bean::api, "version", api_version},
    {Bean::api, "properties", api_properties},
    {Bean::subscription, "id", subscription_id},
    {Bean::subscription, "type", subscription_type},
    {Bean::subscription, "metadata", subscription_metadata},
    {Bean::subscription, "applicationName", subscription_application_name},
    {Bean::subscription, "clientId", subscription_client_id},
    {Bean::subscription, "apiProductId", subscription_api_product_id},
    {Bean::node, "id", node_id},
    {Bean::node, "version", node_version},
    {Bean::node, "tenant", node_tenant},
    {Bean::node, "zone", node_zone},
    {Bean::node, "shardingTags", node_sharding_tags},
    {Bean::error, "statusCode", error_status_code},
    {Bean::error, "key", error_key},
    {Bean::error, "message", error_message},
    {Bean::error, "parameters", error_parameters},
    {Bean::error, "cause", error_cause},
};

constexpr std::string_view kPrincipalValues[] = {
    "dn",
    "defined",
    "businessCategory",
    "c",
    "cn",
    "countryOfCitizenship",
    "countryOfResidence",
    "dateOfBirth",
    "dc",
    "description",
    "dmdName",
    "dnQualifier",
    "e",
    "emailAddress",
    "gender",
    "generation",
    "givenname",
    "initials",
    "l",
    "name",
    "nameAtBirth",
    "o",
    "organizationIdentifier",
    "ou",
    "placeOfBirth",
    "postalAddress",
    "postalCode",
    "pseudonym",
    "role",
    "serialnumber",
    "st",
    "street",
    "surname",
    "t",
    "telephoneNumber",
    "uid",
    "uniqueIdentifier",
    "unstructuredAddress",
};

// A container, one key of it, and the first value there when values are lists.
struct Steps {
  Access container, keyed, first;
};
constexpr Steps kSteps[] = {
    {request_headers, request_header, request_header_first},
    {request_params, request_param, request_param_first},
    {request_path_params, request_path_param, request_path_param_first},
    {response_headers, response_header, response_header_first},
    {ssl_client_attributes, ssl_client_attribute, ssl_client_attribute_first},
    {ssl_server_attributes, ssl_server_attribute, ssl_server_attribute_first},
    {context_attributes, context_attribute, none},
    {api_properties, api_property, none},
    {properties, property, none},
    {dictionaries, dictionary, none},
    {endpoints, endpoint, none},
    {parameters, parameter, none},
};

}  // namespace

const AccessInfo* find_variable(std::string_view name) { return find_property(Bean::none, name); }

const AccessInfo* find_property(Bean owner, std::string_view name) {
  auto found = std::ranges::find_if(
      kAccesses, [&](const AccessInfo& info) { return info.owner == owner && info.name == name; });
  return found == std::end(kAccesses) ? nullptr : found;
}

std::vector<std::string_view> names_in(Bean owner) {
  std::vector<std::string_view> names;
  for (const AccessInfo& info : kAccesses)
    if (info.owner == owner) names.push_back(info.name);
  if (owner == Bean::ssl_client || owner == Bean::ssl_server)
    names.insert(names.end(), std::begin(kPrincipalValues), std::end(kPrincipalValues));
  return names;
}

const AccessInfo* info_of(Access access) {
  auto found = std::ranges::find(kAccesses, access, &AccessInfo::access);
  return found == std::end(kAccesses) ? nullptr : found;
}

bool is_principal_value(std::string_view name) {
  return std::ranges::find(kPrincipalValues, name) != std::end(kPrincipalValues);
}

Access keyed(Access container) {
  auto found = std::ranges::find(kSteps, container, &Steps::container);
  return found == std::end(kSteps) ? none : found->keyed;
}

Access first_of(Access access) {
  auto found = std::ranges::find(kSteps, access, &Steps::keyed);
  return found == std::end(kSteps) ? none : found->first;
}

bool is_header(Access access) {
  return access == request_header || access == request_header_first || access == response_header ||
         access == response_header_first;
}

std::string_view name_of(Bean bean) {
  switch (bean) {
    case Bean::none:
      return "nothing";
    case Bean::request:
      return "#request";
    case Bean::response:
      return "#response";
    case Bean::context:
      return "#context";
    case Bean::api:
      return "#api";
    case Bean::subscription:
      return "#subscription";
    case Bean::node:
      return "#node";
    case Bean::error:
      return "#error";
    case Bean::secrets:
      return "#secrets";
    case Bean::request_ssl:
      return "#request.ssl";
    case Bean::ssl_client:
      return "#request.ssl.client";
    case Bean::ssl_server:
      return "#request.ssl.server";
  }
  return "a bean";
}

}  // namespace perigee::el
