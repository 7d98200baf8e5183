// Signals as events of a reactor. Made before any thread, so that all threads have them blocked.
//
// As process 1 of a container nothing has a default action, and orphans become our children: they
// are reaped.
#pragma once

#include <functional>

#include "net/reactor.hpp"

namespace perigee::apps {

class Signals final : private net::Source {
 public:
  using OnSignal = std::function<void(int signal)>;
  // SIGTERM, SIGINT, SIGHUP and SIGUSR1 go to `on_signal`; SIGPIPE is ignored; children are reaped.
  Signals(net::Reactor& reactor, OnSignal on_signal);
  ~Signals();

 private:
  void on_events(std::uint32_t events) override;
  net::Reactor& reactor_;
  OnSignal on_signal_;
  int fd_ = -1;
};

}  // namespace perigee::apps
