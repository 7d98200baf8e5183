// What is deployed beside APIs and works in them: dictionaries, the platform flows of an
// organization, shared policy groups (api-definition.md 3 to 5), access points (lifecycle.md 1.1).
// Plain data, read by read_envelope from the events that carry them.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "definition/model.hpp"

namespace perigee::definition {

struct DictionaryProperty {
  std::string key;
  std::string value;
};

// {#dictionaries[key][property]}, for the APIs of its environment.
struct Dictionary {
  std::string id;
  std::string key;  // the id where the payload has none
  std::string environment_id;
  std::string name;
  std::vector<DictionaryProperty> properties;  // in the order of the document, no key twice
  milliseconds deployed_at{0};                 // of the payload; 0 = not told
};

// The platform flows around every API of an organization, v4 and v2.
struct Organization {
  std::string id;
  std::vector<std::string> hrids;
  std::string name;
  FlowMode flow_mode = FlowMode::default_;
  std::vector<Flow> flows;
  milliseconds updated_at{0};  // 0 = not told

  std::vector<std::shared_ptr<const JsonDocument>> documents;
};

// The phase of the steps that it may take the place of. Only request and response run in proxy
// APIs; `unknown` runs nowhere.
enum class SharedPolicyGroupPhase : std::uint8_t {
  unknown,
  request,
  response,
  publish,
  subscribe,
  message_request,
  message_response
};

// Found by the sharedPolicyGroupId of a step, which is the `id` here, in the API's environment.
struct SharedPolicyGroup {
  std::string id;
  std::string environment_id;
  std::string name;
  std::string version;
  SharedPolicyGroupPhase phase = SharedPolicyGroupPhase::unknown;
  std::vector<Step> steps;      // disabled ones, too
  milliseconds deployed_at{0};  // of the payload; 0 = not told
  std::string pointer;

  std::vector<std::shared_ptr<const JsonDocument>> documents;
};

// A host that the APIs of an environment are reached on, where their listeners name none. One that
// is meant for others (TCP, Kafka, the console) is no business of a gateway for HTTP.
struct AccessPoint {
  std::string id;
  std::string environment_id;
  std::string host;
  bool for_http = true;
};

}  // namespace perigee::definition
