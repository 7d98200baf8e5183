// Whether what was seen is what a case expects. Faults are sentences: what was expected and found.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "tests/compat/vector.hpp"

namespace perigee::compat {

// A request as a server got it.
struct Received {
  std::string method;
  std::string path;  // with the query
  NameValues headers;
  std::string body;
};

struct Failure {
  std::string key, message;
  NameValues parameters;
};

// One exchange from outside and from within.
struct Seen {
  bool continues = false;
  int status = 0;
  NameValues headers;
  std::string body;
  std::optional<Failure> failure;
  std::vector<std::string> warnings;               // keys
  std::map<std::string, std::string> attributes;   // JSON texts; those that the case names
  std::optional<Received> upstream;                // the last request to the backend
  std::map<std::string, std::int64_t> http_calls;  // by path
  // Nothing: this build has no such service.
  std::optional<std::int64_t> introspections, store_counter;
  std::optional<Received> aws_received;
};

// What a function gave.
struct SeenUnit {
  std::string json = "{}";           // by the names of the format: {"output": .., "commands": ..}
  std::optional<Received> received;  // the request that it sent
};

using Faults = std::vector<std::string>;
Faults faults_of(Json expect, const Seen& seen);
Faults faults_of_unit(const Vector& vector, const SeenUnit& seen);

}  // namespace perigee::compat
