// Variables: what an exchange gives to its expressions.
//
// Names are resolved when a template is compiled: `#request.headers['X-A'][0]` becomes one
// Reference {request_header_first, "x-a"} and evaluation one call of read(). Only what cannot be
// known then (a header named by a variable) goes through the containers (request_headers as an
// Object).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "el/value.hpp"
#include "xml/document.hpp"

namespace perigee::el {

// What may be read. For each: what read() gives. Texts must outlive the evaluation's arena.
enum class Access : std::uint8_t {
  none,
  variable,  // `name`: any variable that is not listed here (#group, #calloutResponse, ..); null if
             // unknown
  // The beans themselves: Value::bean(..) when they exist here, else absent().
  request,
  response,
  context,
  api,
  subscription,
  node,
  error,
  secrets,
  // #request
  request_id,
  request_transaction_id,
  request_uri,
  request_path,
  request_context_path,
  request_path_info,
  request_method,
  request_scheme,
  request_host,
  request_version,
  request_timestamp,
  request_remote_address,
  request_local_address,
  request_content,       // the body as text, "" when empty; see Needs in expression.hpp
  request_json,          // the body parsed as JSON, null() when it is empty or invalid
  request_headers,       // the container as an Object
  request_header,        // list of values of header `name` (lower case, `id`), absent() if missing
  request_header_first,  // its first value, absent() if missing
  request_params,
  request_param,
  request_param_first,
  request_path_params,
  request_path_param,
  request_path_param_first,
  request_ssl,
  ssl_client_host,
  ssl_client_port,
  ssl_client,
  ssl_client_value,  // `name`: dn, defined, cn, ou, ..: null() if missing
  ssl_client_attributes,
  ssl_client_attribute,
  ssl_client_attribute_first,
  ssl_server,
  ssl_server_value,
  ssl_server_attributes,
  ssl_server_attribute,
  ssl_server_attribute_first,
  // #response
  response_status,
  response_content,
  response_json,
  response_headers,
  response_header,
  response_header_first,
  // #context. A key is tried as it is, then with "gravitee.attribute." before it (also in the
  // Object). Here and in the maps below a missing key is null(); absent() says that there is no
  // such map.
  context_attributes,
  context_attribute,
  // #api, #properties (the same map; absent() when the API has none), #dictionaries, #endpoints
  api_id,
  api_name,
  api_version,
  api_properties,
  api_property,
  properties,
  property,
  dictionaries,
  dictionary,
  endpoints,
  endpoint,
  subscription_id,
  subscription_type,
  subscription_metadata,
  subscription_application_name,
  subscription_client_id,
  subscription_api_product_id,
  node_id,
  node_version,
  node_tenant,
  node_zone,
  node_sharding_tags,
  error_status_code,
  error_key,
  error_message,
  error_parameters,
  error_cause,
  parameters,
  parameter,
  secret,  // `name` is "/provider/path:key?options"; absent() when it cannot be resolved here
  // Answered by the evaluator from those above; read() is never asked for them.
  request_paths,
  request_path_infos,
  request_json_content,
  response_json_content,
  request_xml_content,
  response_xml_content,
};

struct Reference {
  Access access = Access::none;
  std::uint32_t id = 0;   // what Options::name_id gave for `name`
  std::string_view name;  // header names in lower case
};

// What evaluations over the same variables have done, for their common limits (expression.hpp).
struct Spent {
  std::size_t steps = 0;
  std::size_t built_bytes = 0;
};

class Variables {
 public:
  Variables();
  virtual ~Variables();
  Variables(const Variables&) = delete;
  Variables& operator=(const Variables&) = delete;

  // The value, null() when it exists and is null, or absent() when its owner does not exist here
  // (`#subscription.id` without a subscription): an evaluation error unless `?.` asked for it.
  // What an implementation does not have is absent(). failed() when it is there and cannot be read:
  // an evaluation error, with the reason that why_failed() gives.
  virtual Value read(const Reference& reference, Arena& arena) const = 0;
  virtual std::string why_failed(const Reference& reference) const;
  virtual const Clock& clock() const = 0;
  // Of XML that expressions read.
  virtual xml::Limits xml_limits() const { return {}; }

  // Parses text for an expression; the document lives as long as these variables. A text that stays
  // where it is (a body) is parsed once: an expression may ask again with every item of a list.
  Result<Json> parse_json(std::string_view text) const;
  // Whether the text is there, and the same, as long as these variables are.
  virtual bool keeps(std::string_view text) const;

  Spent& spent() const { return spent_; }

 private:
  struct Parsed {
    std::string_view text;
    Result<JsonDocument> document;
  };
  mutable std::vector<Parsed> parsed_;
  mutable Spent spent_;
};

}  // namespace perigee::el
