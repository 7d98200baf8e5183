// The request that goes to the backend: its path, query and headers (lifecycle.md 8.2 and 8.3).
#pragma once

#include <span>
#include <string_view>

#include "http/message.hpp"
#include "policy/exchange.hpp"
#include "proxy/destination.hpp"

namespace perigee::proxy {

struct BackendRequestRules {
  std::string_view original_host;  // Host as the client sent it: a policy that changed it wins
  bool upgrade = false;            // keep Connection and Upgrade
  // As a v2 endpoint asks (policies/connector-http.md): the target's parameters come before the
  // request's, and Host is the backend's whatever a policy made of it.
  bool v2 = false;
};

// Fills `to` from exchange.request, which stays as it is for expressions of the response phase and
// for another attempt.
void make_backend_request(const policy::Exchange& exchange, const Destination& destination,
                          const BackendRequestRules& rules, http::RequestHead& to);

// Marks what the Connection fields of a received head name as removed (RFC 9110 section 7.6.1);
// Host, Connection and Upgrade stay for their own rules.
void remove_named_fields(http::Headers& headers);

// The parameters of all, in this order, grouped by name in first-seen order. Nothing is decoded.
std::string_view merge_queries(Arena& arena, std::span<const std::string_view> queries);

}  // namespace perigee::proxy
