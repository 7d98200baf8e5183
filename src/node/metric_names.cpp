#include "node/metric_names.hpp"

#include <utility>

#include "report/families.hpp"

namespace perigee::node {
namespace {

using namespace perigee::report;

// Families that are not here have kept their names.
constexpr std::pair<const Family*, std::string_view> kOlderNames[] = {
    {&kServerActiveConnections, "http_server_connections"},
    {&kServerActiveRequests, "http_server_requests"},
    {&kServerActiveWebSockets, "http_server_wsConnections"},
    {&kServerRequests, "http_server_requestCount"},
    {&kServerRequestResets, "http_server_requestResetCount"},
    {&kServerResponseTime, "http_server_responseTime_seconds"},
    {&kServerBytesRead, "http_server_bytesReceived"},
    {&kServerBytesWritten, "http_server_bytesSent"},
    {&kClientActiveConnections, "http_client_connections"},
    {&kClientActiveRequests, "http_client_requests"},
    {&kClientActiveWebSockets, "http_client_wsConnections"},
    {&kClientRequests, "http_client_requestCount"},
    {&kClientResponses, "http_client_responseCount"},
    {&kClientResponseTime, "http_client_responseTime_seconds"},
    {&kClientBytesRead, "http_client_bytesReceived"},
    {&kClientBytesWritten, "http_client_bytesSent"},
    {&kClientQueueTime, "http_client_queue_delay_seconds"},
    {&kClientQueuePending, "http_client_queue_size"},
};

}  // namespace

Naming naming_of(std::string_view version) {
  return version == "3.10" ? Naming::of_3_10 : Naming::current;
}

std::string_view metric_name(const Family& family, Naming naming) {
  if (naming == Naming::current) return family.name;
  for (auto [known, name] : kOlderNames) {
    if (known == &family) return name;
  }
  return family.name;
}

}  // namespace perigee::node
