// Passes bytes both ways between two streams until either side ends (an upgraded connection), and
// tells WebSocket clients when the gateway leaves.
#pragma once

#include "net/reactor.hpp"
#include "net/stream.hpp"

namespace perigee::proxy {

// What the other side may still send after one side has ended.
inline constexpr Duration kTunnelLinger = 5s;

// Where a stream of WebSocket frames stands (RFC 6455 section 5.2).
class Frames {
 public:
  // How many of the bytes the frames take that end in them; 0 when none does.
  std::size_t pass(std::string_view bytes);
  bool between_two() const { return left_ == 0 && head_bytes_ == 0; }

 private:
  std::size_t head_size() const;  // as far as its first two bytes tell
  std::uint64_t payload_size() const;
  unsigned char head_[14] = {};
  std::size_t head_bytes_ = 0;
  std::uint64_t left_ = 0;  // of the payload
};

class Tunnel;

// The tunnels of one worker.
class Tunnels {
 public:
  // Each client gets a close frame 1001 when its backend is between two frames, and has
  // kTunnelLinger to close (runtime.md 4.3). So do those that come later.
  void leave();
  bool leaving() const { return leaving_; }

 private:
  friend class Tunnel;
  Tunnel* first_ = nullptr;
  bool leaving_ = false;
};

// Returns when the tunnel is over; the caller closes what is open then. When one side ends, the
// other is told at once and may finish what it sends for kTunnelLinger. A tunnel on which no byte
// passes for `idle_timeout` ends too (0 = never).
Async<void> relay_both_ways(Tunnels& tunnels, net::Reactor& reactor, net::Stream& client,
                            net::Stream& backend, Duration idle_timeout);

}  // namespace perigee::proxy
