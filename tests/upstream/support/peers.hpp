// The other sides of a gateway under test: raw clients and raw backends, whose every byte the test
// decides. All on one reactor, which the test turns.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "net/socket.hpp"
#include "tests/net/support/loop.hpp"

namespace perigee::upstream::testing {

// One end of a connection: collects what comes, sends what the test says.
class Peer {
 public:
  Peer(net::Reactor& reactor, std::unique_ptr<net::Stream> stream);
  ~Peer() { reading_.reset(), writing_.reset(); }

  void send(std::string bytes);  // queued behind what is not sent yet
  bool sent() const { return !writing_.running(); }
  void end() { stream_->end(); }
  void close() { stream_->close(false); }
  void reset() { stream_->close(true); }
  // A peer that takes nothing more from now on, until it is told to go on.
  void stop_reading() { reading_.reset(); }
  void go_on_reading();

  std::string received;
  bool ended = false;   // the other side has finished in order
  bool broken = false;  // reset, or closed by us
  bool over() const { return ended || broken; }
  net::Stream& stream() { return *stream_; }
  // Up to the end of the first head that was received; empty when it is not complete.
  std::string head() const;

 private:
  Async<void> read();
  Async<void> write();
  net::Reactor& reactor_;
  std::unique_ptr<net::Stream> stream_;
  std::deque<std::string> to_send_;
  Task reading_, writing_;
};

// Accepts on the loopback.
class RawBackend {
 public:
  explicit RawBackend(net::Reactor& reactor, net::Address address = net::Address::loopback(0));

  std::uint16_t port() const { return listener_->address().port(); }
  std::deque<std::unique_ptr<Peer>> connections;  // in the order of their coming
  void close() { listener_.reset(); }

 private:
  std::unique_ptr<net::Listener> listener_;
};

// A socket that listens and never accepts, its backlog full: connecting to it hangs.
class HangingBackend {
 public:
  HangingBackend();
  ~HangingBackend();
  std::uint16_t port() const { return port_; }

 private:
  int listening_ = -1;
  std::vector<int> filling_;
  std::uint16_t port_ = 0;
};

// A port of the loopback on which nobody listens.
std::uint16_t closed_port(net::Reactor& reactor);

}  // namespace perigee::upstream::testing
