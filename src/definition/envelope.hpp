// read_envelope: whatever carries an API definition becomes one Envelope.
//
// Five shapes are known by their members: a bare definition; an export `{"api", "plans"}` of the
// management API; a local file `{"apiEvent", "subscriptions", "apiKeys"}`; an event `{"type",
// "payload"}`; a repository API `{"definition", "lifecycleState"}`. In the last three the
// definition is a string of JSON, possibly inside another.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/problem.hpp"
#include "definition/model.hpp"
#include "definition/read.hpp"

namespace perigee::definition {

enum class Shape : std::uint8_t {
  unknown,
  definition,
  api_export,
  local_file,
  event,
  repository_api
};
enum class Action : std::uint8_t { deploy, undeploy };

struct Envelope {
  Shape shape = Shape::unknown;
  Action action = Action::deploy;
  std::string api_id;  // as far as it could be read
  std::string environment_id = "DEFAULT";
  std::string environment_hrid;  // empty = not told
  std::string organization_id = "DEFAULT";
  std::string organization_hrid;
  bool enabled = true;                    // its lifecycle is STARTED; others are not deployed
  std::chrono::milliseconds deployed_at;  // since 1970
  std::string revision;                   // the deployment number, else a hash of the content
  std::string content;                    // a hash of all the bytes it was read from

  // Nothing when it was refused (then `problems` holds an error) and when it is to be undeployed.
  std::optional<Api> api;
  std::vector<Problem> problems;

  // What travels beside the definition; arrays or absent. They are views into `document`.
  Json subscriptions;
  Json api_keys;
  std::shared_ptr<const JsonDocument> document;
};

struct EnvelopeOptions {
  ReadOptions read;
  std::chrono::milliseconds now{0};  // deployed_at of shapes that do not tell it
};

Envelope read_envelope(std::string_view bytes, const EnvelopeOptions& options);

}  // namespace perigee::definition
