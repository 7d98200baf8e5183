// compile: an API definition becomes an ApiRevision, or everything that keeps it from being served.
//
// Runs on the build thread: makes every policy, parses every expression, reads trust stores, finds
// endpoints that a former revision already had.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "definition/envelope.hpp"
#include "definition/sharding.hpp"
#include "net/tls.hpp"
#include "plan/revision.hpp"
#include "policy/catalog.hpp"
#include "upstream/endpoint.hpp"

namespace perigee::plan {

struct CompileContext {
  const Clock& clock;
  const policy::Catalog& catalog;
  upstream::EndpointRegistry& endpoints;
  net::TrustStores& trust_stores;
  definition::ShardingTags tags;
  std::string tenant;
  std::vector<std::string> servers = {};  // ids that listeners may name; empty: not known
  bool overlapping = false;               // api.allowOverlappingContext
  std::shared_ptr<const upstream::ForwardProxy> system_proxy = nullptr;  // for useSystemProxy
  policy::Counters* counters = nullptr;
  policy::HttpClient* http = nullptr;
  const policy::Secrets* secrets = nullptr;
  policy::Resolver* resolver = nullptr;
  std::string properties_secret = {};  // api.properties.encryption.secret
};

struct Compiled {
  // Null when refused, or left out by its tags. Whoever serves it numbers its claims, once.
  std::shared_ptr<ApiRevision> revision;
  std::vector<Problem> problems;
  bool left_out = false;  // this gateway's sharding tags do not want it: not an error
  // Nothing may be served under this definition, nor under its previous version (problems tell).
  bool no_plan = false;
};

// `api` is the envelope's. `source` is the file name, for messages.
Compiled compile(const definition::Envelope& envelope, const std::string& source,
                 CompileContext& context);

// The same for platform flows and for a shared policy group: a revision with flows and nothing
// else.
Compiled compile_organization(const definition::Organization& from, const std::string& source,
                              CompileContext& context);
Compiled compile_shared_group(const definition::SharedPolicyGroup& from, const std::string& source,
                              CompileContext& context);

}  // namespace perigee::plan
