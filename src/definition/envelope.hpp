// read_envelope: whatever carries something to deploy becomes one Envelope.
//
// Five shapes are known by their members: a bare definition; an export `{"api", "plans"}` of the
// management API; a local file `{"apiEvent", "subscriptions", "apiKeys"}`; an event `{"type",
// "payload"}`; a repository API `{"definition", "lifecycleState"}`. In the last three the
// definition is a string of JSON, possibly inside another.
//
// All but an event carry an API. An event may also carry a dictionary, an organization, a shared
// policy group or an access point (platform.hpp): its type says which, `subject` tells it. Who
// deploys nothing but APIs leaves EnvelopeOptions::apis_only as it is; the others are then an
// error, like every type that is unknown.
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
#include "definition/platform.hpp"
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
enum class Subject : std::uint8_t {
  api,
  dictionary,
  organization,
  shared_policy_group,
  access_point
};
std::string_view to_string(Subject subject);  // "API", "shared policy group"

struct Envelope {
  Shape shape = Shape::unknown;
  Action action = Action::deploy;
  Subject subject = Subject::api;
  std::string api_id;  // as far as it could be read; empty unless the subject is an API
  // Of any other subject: its payload's id, which for a shared policy group is the one that steps
  // name; of an event without payload the one of its properties.
  std::string subject_id;
  std::string environment_id = "DEFAULT";
  std::string environment_hrid;  // empty = not told
  std::string organization_id = "DEFAULT";
  std::string organization_hrid;
  bool enabled = true;                    // its lifecycle is STARTED; others are not deployed
  std::chrono::milliseconds deployed_at;  // since 1970
  std::string revision;                   // the deployment number, else a hash of the content
  std::string content;                    // a hash of all the bytes it was read from

  // The one of the subject. Nothing when it was refused (then `problems` holds an error) and when
  // it is to be undeployed.
  std::optional<Api> api;
  std::optional<Api> refused;  // Parsed::refused
  std::optional<Dictionary> dictionary;
  std::optional<Organization> organization;
  std::optional<SharedPolicyGroup> shared_policy_group;
  std::optional<AccessPoint> access_point;
  std::vector<Problem> problems;

  // What travels beside the definition; arrays or absent. They are views into `document`.
  Json subscriptions;
  Json api_keys;
  std::shared_ptr<const JsonDocument> document;
};

struct EnvelopeOptions {
  ReadOptions read;
  std::chrono::milliseconds now{0};  // deployed_at of shapes that do not tell it
  bool apis_only = true;             // refuse events of other subjects
};

Envelope read_envelope(std::string_view bytes, const EnvelopeOptions& options);

// One event of a document that holds several, as a control plane answers with; pointers begin at
// the root of that document. Keeps the document while the envelope or what it carries lives.
Envelope read_event(const std::shared_ptr<const JsonDocument>& document, Json event,
                    const EnvelopeOptions& options);

}  // namespace perigee::definition
