#include "report/families.hpp"

namespace perigee::report {

const Family kServerActiveConnections{"http_server_active_connections",
                                      "Number of opened connections to the server",
                                      Type::gauge,
                                      Unit::none,
                                      {"local", "remote"},
                                      Category::http_server};
const Family kServerActiveRequests{"http_server_active_requests",
                                   "Number of requests being processed",
                                   Type::gauge,
                                   Unit::none,
                                   {"local", "remote", "path", "method"},
                                   Category::http_server};
const Family kServerActiveWebSockets{"http_server_active_ws_connections",
                                     "Number of opened websockets",
                                     Type::gauge,
                                     Unit::none,
                                     {"local", "remote"},
                                     Category::http_server};
const Family kServerRequests{"http_server_requests",
                             "Number of processed requests",
                             Type::counter,
                             Unit::none,
                             {"local", "remote", "route", "path", "method", "code"},
                             Category::http_server};
const Family kServerRequestResets{"http_server_request_resets",
                                  "Number of requests that clients gave up",
                                  Type::counter,
                                  Unit::none,
                                  {"local", "remote", "path", "method"},
                                  Category::http_server};
const Family kServerResponseTime{"http_server_response_time_seconds",
                                 "Request processing time",
                                 Type::summary,
                                 Unit::seconds,
                                 {"local", "remote", "route", "path", "method", "code"},
                                 Category::http_server};
const Family kServerRequestBytes{
    "http_server_request_bytes",           "Size of requests in bytes", Type::summary, Unit::bytes,
    {"local", "remote", "path", "method"}, Category::http_server};
const Family kServerResponseBytes{"http_server_response_bytes",
                                  "Size of responses in bytes",
                                  Type::summary,
                                  Unit::bytes,
                                  {"local", "remote", "route", "path", "method", "code"},
                                  Category::http_server};
const Family kServerBytesRead{"http_server_bytes_read",
                              "Number of bytes received by the server",
                              Type::counter,
                              Unit::none,
                              {"local", "remote"},
                              Category::http_server};
const Family kServerBytesWritten{"http_server_bytes_written",
                                 "Number of bytes sent by the server",
                                 Type::counter,
                                 Unit::none,
                                 {"local", "remote"},
                                 Category::http_server};
const Family kServerErrors{"http_server_errors",
                           "Number of requests that the server refused",
                           Type::counter,
                           Unit::none,
                           {"local", "remote", "class"},
                           Category::http_server};

const Family kClientActiveConnections{"http_client_active_connections",
                                      "Number of connections to the remote host currently opened",
                                      Type::gauge,
                                      Unit::none,
                                      {"local", "remote"},
                                      Category::http_client};
const Family kClientActiveWebSockets{"http_client_active_ws_connections",
                                     "Number of websockets to the remote host currently opened",
                                     Type::gauge,
                                     Unit::none,
                                     {"local", "remote"},
                                     Category::http_client};
const Family kClientActiveRequests{"http_client_active_requests",
                                   "Number of requests waiting for a response",
                                   Type::gauge,
                                   Unit::none,
                                   {"local", "remote", "path", "method"},
                                   Category::http_client};
const Family kClientQueuePending{"http_client_queue_pending",
                                 "Number of pending elements in queue",
                                 Type::gauge,
                                 Unit::none,
                                 {"local", "remote"},
                                 Category::http_client};
const Family kClientQueueTime{"http_client_queue_time_seconds",
                              "Time that calls waited for a connection",
                              Type::summary,
                              Unit::seconds,
                              {"local", "remote"},
                              Category::http_client};
const Family kClientRequests{"http_client_requests",
                             "Number of requests sent",
                             Type::counter,
                             Unit::none,
                             {"local", "remote", "path", "method"},
                             Category::http_client};
const Family kClientResponses{"http_client_responses",
                              "Number of responses received",
                              Type::counter,
                              Unit::none,
                              {"local", "remote", "path", "method", "code"},
                              Category::http_client};
const Family kClientResponseTime{"http_client_response_time_seconds",
                                 "Response time",
                                 Type::summary,
                                 Unit::seconds,
                                 {"local", "remote", "path", "method", "code"},
                                 Category::http_client};
const Family kClientRequestBytes{
    "http_client_request_bytes",           "Size of requests in bytes", Type::summary, Unit::bytes,
    {"local", "remote", "path", "method"}, Category::http_client};
const Family kClientResponseBytes{"http_client_response_bytes",
                                  "Size of responses in bytes",
                                  Type::summary,
                                  Unit::bytes,
                                  {"local", "remote", "path", "method", "code"},
                                  Category::http_client};
const Family kClientBytesRead{"http_client_bytes_read",
                              "Number of bytes received from the remote host",
                              Type::counter,
                              Unit::none,
                              {"local", "remote"},
                              Category::http_client};
const Family kClientBytesWritten{"http_client_bytes_written",
                                 "Number of bytes sent to the remote host",
                                 Type::counter,
                                 Unit::none,
                                 {"local", "remote"},
                                 Category::http_client};
const Family kClientErrors{
    "http_client_errors", "Number of failed calls",     Type::counter,
    Unit::none,           {"local", "remote", "class"}, Category::http_client};

const Family kApiRequestTime{"perigee_api_request_seconds",
                             "Time from the request's head to the answer's last byte, by API",
                             Type::histogram,
                             Unit::seconds,
                             {"api", "status"}};
const Family kApiUpstreamTime{"perigee_api_upstream_seconds",
                              "Time from calling the backend to its answer's head, by API",
                              Type::histogram,
                              Unit::seconds,
                              {"api", "status"}};
const Family kEndpointUp{"perigee_endpoint_up",
                         "Whether health checks let the endpoint be called: 1, else 0",
                         Type::gauge,
                         Unit::none,
                         {"api", "endpoint"}};
const Family kRateLimitStoreTime{"perigee_ratelimit_store_seconds",
                                 "Time from a command to Redis to its reply",
                                 Type::histogram,
                                 Unit::seconds,
                                 {}};
const Family kConnectionsShed{"perigee_connections_shed",
                              "Connections closed at once because no file descriptor was free",
                              Type::counter,
                              Unit::none,
                              {"local"}};

}  // namespace perigee::report
