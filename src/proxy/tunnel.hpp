// Passes bytes both ways between two streams until either side ends (an upgraded connection).
#pragma once

#include "base/async.hpp"
#include "net/reactor.hpp"
#include "net/stream.hpp"

namespace perigee::proxy {

// Returns when both directions are over. When one side ends, the other is told and may finish what
// it sends.
Async<void> relay_both_ways(net::Reactor& reactor, net::Stream& client, net::Stream& backend);

}  // namespace perigee::proxy
