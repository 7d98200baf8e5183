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

std::vector<std::string> faults_of(Json expect, const Seen& seen);

// The parts, which unit functions use too. `what` begins the sentence.
using Faults = std::vector<std::string>;
void compare_headers(Json expected, const NameValues& found, const std::string& what,
                     Faults& faults);
void compare_received(Json expected, const std::optional<Received>& found, const std::string& what,
                      Faults& faults);
// Objects are compared without order; {subset: {..}} wants only the members it names. Null is
// absent.
void compare_json(Json expected, Json found, const std::string& what, Faults& faults);

bool equal(Json a, Json b);
// Every member of `part` stands in `whole`, at any depth.
bool is_subset(Json part, Json whole);

}  // namespace perigee::compat
