// The request that goes to the backend: its path, query and headers (lifecycle.md 8.2 and 8.3).
#pragma once

#include <string_view>

#include "http/message.hpp"
#include "plan/revision.hpp"
#include "policy/exchange.hpp"

namespace perigee::proxy {

struct BackendRequestRules {
  std::string_view original_host;  // Host as the client sent it: a policy that changed it wins
  bool upgrade = false;            // keep Connection and Upgrade
};

// Fills `to` from exchange.request, which stays as it is for expressions of the response phase.
void make_backend_request(const policy::Exchange& exchange, const plan::Backend& backend,
                          const BackendRequestRules& rules, http::RequestHead& to);

// Marks what the Connection fields of a received head name as removed (RFC 9110 section 7.6.1);
// Host, Connection and Upgrade stay for their own rules.
void remove_named_fields(http::Headers& headers);

// Request parameters first, then the target's, grouped by name in first-seen order. Nothing is
// decoded.
std::string_view merge_queries(Arena& arena, std::string_view request, std::string_view target);

}  // namespace perigee::proxy
