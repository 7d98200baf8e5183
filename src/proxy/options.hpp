// What the proxy is told by the configuration (runtime.md 2.1, 2.7, 4.4).
#pragma once

#include <string>

#include "base/clock.hpp"
#include "http/headers.hpp"
#include "policy/limits.hpp"

namespace perigee::proxy {

enum class OverrideMode : std::uint8_t { override_, merge, keep };
enum class IdFormat : std::uint8_t { uuid, hex };

struct Options {
  Duration request_timeout = 30s;           // 0 = none
  Duration request_timeout_grace = 30ms;    // of each later stage
  Duration pending_requests_timeout = 10s;  // of a replaced or removed API
  std::string not_found_message = "No context-path matches the request URI.";
  std::string not_found_content_type = "text/plain";
  bool not_found_metrics = false;  // such requests are counted, as of API 1
  IdFormat id_format = IdFormat::uuid;
  http::OwnedHeaderName transaction_header{"X-Gravitee-Transaction-Id"};
  OverrideMode transaction_mode = OverrideMode::override_;
  http::OwnedHeaderName request_header{"X-Gravitee-Request-Id"};
  OverrideMode request_mode = OverrideMode::override_;
  http::OwnedHeaderName client_header{"X-Gravitee-Client-Identifier"};
  bool trace_context = false;     // W3C traceparent, for backend and client
  bool x_forward_enabled = true;  // the first X-Forwarded-For entry is the client
  bool x_forwarded_prefix = false;
  bool tells_route = false;  // metrics show the context path of the API
  bool websocket_enabled = false;
  bool refined_error_keys = false;  // of the 4.12 line (perigee.compat.errorKeys)
  policy::Limits limits;
  std::size_t dynamic_endpoints_max = 100;  // targets that policies named, kept on each worker
  std::size_t breakers_max = 1000;          // of one API, on each worker
};

}  // namespace perigee::proxy
