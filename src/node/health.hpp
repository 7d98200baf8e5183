// Health: the probes of /_node/health (runtime.md 3.3). Each has its own schedule; a request gets
// the latest result.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"
#include "net/address.hpp"
#include "net/reactor.hpp"
#include "node/process_metrics.hpp"

namespace perigee::node {

class Health {
 public:
  struct Result {
    bool healthy = false;
    std::string message;  // left out when empty
  };
  Health(net::Reactor& ops, const config::Health& settings, ProcessMetrics& process);

  void traffic_listens_on(const net::Address& address);
  void set_sync_ready() { sync_ready_ = true; }
  void set_draining() { draining_ = true; }
  void set_rate_limits(std::function<Result()> probe) { rate_limits_ = std::move(probe); }

  // The probes asked for, or those visible by default; runs what has no result yet.
  Async<std::vector<std::pair<std::string, Result>>> evaluate(std::vector<std::string> ids);
  // All probes, hidden ones too, by their latest results: for the metric node_health.
  std::vector<std::pair<std::string, Result>> latest() const;

 private:
  struct Listener {
    net::Address address;
    Result result{false, "not probed yet"};
    bool probed = false;
    Task probing;
  };
  static void tick(void* self);
  void probe_listeners();
  Async<void> probe(Listener& listener);
  Async<void> probe_all();
  Result http_server() const;
  Result resource(double percent, double percent_max, const char* what) const;
  Result gc_pressure() const;
  Result of(std::string_view id) const;

  net::Reactor& reactor_;
  const config::Health& settings_;
  ProcessMetrics& process_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  bool sync_ready_ = false;
  bool draining_ = false;
  std::function<Result()> rate_limits_;  // empty: nothing is limited
  net::Timer timer_;
};

}  // namespace perigee::node
