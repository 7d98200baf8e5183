// The metric families of runtime.md 3.6 that the data path writes, and our own per API.
#pragma once

#include "report/metrics.hpp"

namespace perigee::report {

// The reference's names over its default labels. `local` is the configured "host:port" of a server,
// "?" for clients.
extern const Family kServerActiveConnections, kServerActiveRequests, kServerRequests,
    kServerRequestResets, kServerResponseTime, kServerRequestBytes, kServerResponseBytes,
    kServerBytesRead, kServerBytesWritten, kServerErrors, kServerActiveWebSockets;
extern const Family kClientActiveConnections, kClientActiveWebSockets, kClientActiveRequests,
    kClientQueuePending, kClientQueueTime, kClientRequests, kClientResponses, kClientResponseTime,
    kClientRequestBytes, kClientResponseBytes, kClientBytesRead, kClientBytesWritten, kClientErrors;

// Ours, with real buckets, by API.
extern const Family kApiRequestTime, kApiUpstreamTime;
// Ours, by API and endpoint.
extern const Family kEndpointUp;
// Ours, by server.
extern const Family kRateLimitStoreTime;
extern const Family kConnectionsShed;

}  // namespace perigee::report
