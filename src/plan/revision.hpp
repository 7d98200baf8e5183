// ApiRevision: one deployed version of an API, compiled: everything known before a request arrives.
// Immutable.
//
// Made and destroyed on the build thread, shared by workers; an exchange pins it for its life. What
// outlives it (pools, cursors, metric series) is reached through it but owned elsewhere.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "el/expression.hpp"
#include "http/headers.hpp"
#include "http/method.hpp"
#include "http/url.hpp"
#include "plan/cors.hpp"
#include "plan/path_mappings.hpp"
#include "plan/path_parameters.hpp"
#include "plan/path_pattern.hpp"
#include "plan/response_templates.hpp"
#include "plan/source_files.hpp"
#include "policy/api_info.hpp"
#include "policy/policy.hpp"
#include "policy/worker.hpp"
#include "upstream/group.hpp"

namespace perigee::upstream {
struct HealthCheck;
}  // namespace perigee::upstream

namespace perigee::plan {

struct Step {
  std::unique_ptr<const policy::Policy> policy;  // null: the steps of a shared group run
  std::string shared_group;                      // its id
  std::optional<el::Template> condition;         // empty = always
  el::Needs condition_needs;                     // provided before the condition is evaluated
  el::Needs needs;                               // provided before the policy is called
  std::string policy_id;
  std::string name;
  std::string pointer;
};

// Bits by http::Method.
using MethodSet = std::uint16_t;
inline constexpr MethodSet kAllMethods = 0xffff;
constexpr MethodSet method_bit(http::Method method) {
  return static_cast<MethodSet>(1u << static_cast<unsigned>(method));
}

struct Flow {
  std::string name;
  std::string path_text;            // as it is explained: "begins with /a", "exactly /a"
  std::optional<PathPattern> path;  // empty = every path
  MethodSet methods = kAllMethods;
  std::optional<el::Template> condition;
  std::string condition_pointer;
  el::Needs condition_needs;
  std::optional<std::vector<std::string>> consumer_tags;  // of a platform flow: only these APIs
  std::vector<std::string> parts;  // of its path between slashes, empty ones too; of best-match
  std::uint32_t request_begin = 0, request_end = 0;    // into FlowChain::request
  std::uint32_t response_begin = 0, response_end = 0;  // into FlowChain::response
};

// The flows of a plan or of an API: steps of all flows in two flat vectors, in order.
struct FlowChain {
  std::vector<Flow> flows;
  std::vector<Step> request;
  std::vector<Step> response;
  bool best_match = false;  // one flow runs, not all that match
  bool empty() const { return flows.empty(); }
};

struct SecuredPlan {
  std::string id;
  std::string name;
  std::optional<el::Template> selection_rule;
  el::Needs rule_needs;
  std::unique_ptr<const policy::Policy> policy;  // its security() is not null
  el::Needs needs;
  FlowChain flows;
};

struct Backend {
  std::string name;
  std::shared_ptr<const upstream::Endpoint> endpoint;
  std::shared_ptr<const upstream::HealthCheck> health_check;  // null: none
  std::string authority;                                      // Host of the backend
  std::string target;                                         // as the endpoint's URL was written
  std::string target_path;                                    // may be empty
  std::string target_query;
  bool propagate_client_host = false;
  bool propagate_accept_encoding = false;
  bool use_compression = false;  // asks for compressed answers and decompresses them
  bool follow_redirects = false;
  std::vector<std::pair<http::OwnedHeaderName, std::string>> headers;  // replace, last
};

struct BackendGroup {
  std::string name;
  std::shared_ptr<const upstream::Group> group;  // of the same endpoints in the same order
  std::vector<Backend> backends;
};

// What the name of an endpoint or of a group stands for, in ApiRevision::groups.
struct BackendName {
  std::string name;
  std::uint32_t group = 0;
  std::optional<std::uint32_t> member;  // nothing: the group
};

// lifecycle.md 8.6.
struct Failover {
  std::int32_t retries_max = 0;    // after the first attempt
  Duration attempt_limit{};        // and what counts as slow
  std::uint32_t failures_max = 0;  // calls in a row that open the breaker; 0 = no breaker (v2)
  Duration open_for{};
  bool per_subscription = false;  // one breaker for each, else one for the API
  std::optional<el::Template> failure_condition;
  bool next_on_failure = false;  // retries walk the group instead of taking turns
};

struct ListenerPath {
  std::string host;                  // lower case; empty = any
  std::string path;                  // "/orders/"
  std::vector<std::string> servers;  // ids; empty = every server
  std::uint64_t claim = 0;           // of equal paths the one with the lowest answers
  bool operator==(const ListenerPath&) const = default;
};
using ListenerPaths = std::vector<ListenerPath>;

struct ApiRevision {
  policy::ApiInfo info;
  std::string revision;    // deployment number or content hash
  std::string source;      // file name, for messages
  std::string definition;  // compact JSON, for the node API
  // Never null. Equal ones are the same object from one revision to the next.
  std::shared_ptr<const ListenerPaths> listeners = std::make_shared<const ListenerPaths>();
  std::vector<SecuredPlan> plans;  // by security order
  FlowChain flows;
  PathParameters path_parameters;  // of all flows, those of plans first
  bool match_required = false;
  bool has_entrypoint = false;             // else every request is answered with 404
  std::vector<BackendGroup> groups;        // the first is the default group
  std::vector<BackendName> backend_names;  // sorted
  std::optional<Failover> failover;
  std::optional<Cors> cors;
  PathMappings path_mappings;
  ResponseTemplates response_templates;
  bool reject_null_byte = false;
  bool is_v2 = false;
  policy::WorkerSlots slots;
  std::vector<std::string> warnings;
  std::vector<SourceFile> files;  // that it was made from, besides the definition

  const BackendName* find_backend(std::string_view name) const;
  // What a backend at this URL gets as its Host.
  std::string host_of(const http::Url& url) const;
};

}  // namespace perigee::plan
