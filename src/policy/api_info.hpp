// Facts of an API and of this node that steps and expressions may read. Immutable.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace perigee::policy {

struct NameValue {
  std::string name;
  std::string value;
};

// Sorted by name.
const NameValue* find_by_name(const std::vector<NameValue>& sorted, std::string_view name);

// Sorted by name.
using Dictionary = std::vector<NameValue>;
// {#dictionaries[key][name]}: those of one environment, by their keys.
using Dictionaries = std::map<std::string, Dictionary, std::less<>>;

struct ApiInfo {
  std::string id;
  std::string name;
  std::string version;  // the user's label
  std::string environment_id;
  std::string organization_id;
  std::int64_t deployed_at_ms = 0;
  bool old_engine = false;            // a v2 API on the v3 engine (api-definition.md 2.6)
  std::vector<std::string> tags;      // sharding tags
  std::vector<NameValue> properties;  // sorted; see has_properties
  bool has_properties = false;
  std::string properties_fault;                // not empty: why reading any of them is an error
  std::vector<NameValue> endpoint_references;  // sorted: name of an endpoint or a group -> "name:"
};

struct NodeInfo {
  std::string id;
  std::string version;  // major.minor.patch
  std::string tenant;
  std::string zone;
  std::vector<std::string> sharding_tags;
};

}  // namespace perigee::policy
