// Conformance vectors, format 1: what a case says, read into types.
//
// Every member of the format is read here; one that is not known is a fault of the case, so that no
// expectation is passed over in silence. Views into the document, which outlives them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/problem.hpp"
#include "policy/policy.hpp"

namespace perigee::compat {

using NameValues = std::vector<std::pair<std::string, std::string>>;

enum class Engine : std::uint8_t { v4, legacy, both };
enum class Level : std::uint8_t { policy, chain, unit };

struct Request {
  std::string method = "GET";
  std::string path = "/api";  // with the query
  NameValues headers;
  std::string body;
};

struct Answer {
  int status = 200;
  NameValues headers;
  std::string body;  // decoded
  bool gzip = false;
  std::chrono::milliseconds delay{0};
  bool refuse = false;  // nobody listens
};
using Answers = std::vector<Answer>;  // one per call, the last repeats; never empty

// What the stub server answers below a path, besides the backend.
struct Route {
  std::string path;
  Answers answers;
};

struct Context {
  std::optional<std::int64_t> now_ms;
  Json attributes, properties;                     // objects
  Json api_keys, subscriptions, plans, resources;  // lists of objects
  Json store, aws_lambda;                          // objects
  std::vector<Route> http;
  std::vector<std::string> warm_up;
  std::string client_certificate_pem;
  unsigned nodes = 1;
};

struct Step {
  std::chrono::milliseconds advance{0};
  unsigned node = 0;
  unsigned repeat = 1;
  bool flush = false;  // the asynchronous reconciliation, instead of a request
  Json attributes;     // over those of the context
  Request request;
  std::optional<Answers> backend;  // from this step on
  Json expect;
};

struct Vector {
  std::string id, policy;
  Engine engine = Engine::both;
  Level level = Level::policy;
  policy::Phase phase = policy::Phase::request;
  NameValues gateway;  // flat keys of the gateway's configuration
  std::string timezone = "UTC";
  Json configuration;
  Context context;
  std::vector<Step> steps;  // one when the case has none
  Json expect;              // after the last step; of unit cases the only one
  std::string function;     // of unit cases
  Json input;
};

// What keeps the case from being run as it is written stands in `problems`, warnings included.
Vector read_vector(Json from, Problems& problems);

// A list of {path, status, headers, body} or {path, sequence}.
std::vector<Route> read_routes(Json from, Problems& problems);

}  // namespace perigee::compat
