// Passes bytes both ways between two streams until either side ends (an upgraded connection).
#pragma once

#include "base/async.hpp"
#include "net/reactor.hpp"
#include "net/stream.hpp"

namespace perigee::proxy {

// What the other side may still send after one side has ended.
inline constexpr Duration kTunnelLinger = 5s;

// Returns when the tunnel is over; the caller closes what is open then. When one side ends, the
// other is told at once and may finish what it sends for kTunnelLinger. A tunnel on which no byte
// passes for `idle_timeout` ends too (0 = never).
Async<void> relay_both_ways(net::Reactor& reactor, net::Stream& client, net::Stream& backend,
                            Duration idle_timeout);

}  // namespace perigee::proxy
