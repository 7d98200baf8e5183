// The gateway as a process: its threads, in the order of runtime.md 4.1, and how it stops (4.3).
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "apps/perigee/build_thread.hpp"
#include "apps/perigee/endpoint_checks.hpp"
#include "apps/perigee/file_watch.hpp"
#include "apps/perigee/rate_limits.hpp"
#include "apps/perigee/signals.hpp"
#include "apps/perigee/worker.hpp"
#include "config/load.hpp"
#include "node/node_api.hpp"
#include "proxy/http_calls.hpp"
#include "proxy/name_lookups.hpp"

namespace perigee::apps {

class GatewayProcess {
 public:
  // `reload` reads the configuration again (SIGHUP). `begun`: when the process began, for the line
  // of its start.
  GatewayProcess(Instant begun, config::Loaded loaded, std::function<config::Loaded()> reload);
  ~GatewayProcess();

  // Runs until it was told to stop; the exit code.
  int run();

 private:
  enum class Phase : std::uint8_t { starting, serving, leaving, draining, stopped };

  Result<void> start();
  unsigned ask_workers(const std::function<void(node::WorkerReport)>& told);
  Result<void> connect_counts();
  Result<void> open_node_api();
  Result<void> open_listeners();
  void publish(const std::shared_ptr<const plan::Plan>& plan);
  void first_round_done();
  void announce_started();

  void on_signal(int signal);
  void reload();
  bool reload_node_api(const config::NodeApi& fresh);  // false: its certificates stay
  // Reads the certificates of a secured server again, for new connections. On an error those in use
  // stay; `why` begins what is logged.
  bool renew_certificates(std::size_t server, const std::string& why);
  void watch_certificates(std::size_t server);
  bool renew_node_certificates(const std::string& why);
  void watch_node_certificates();
  const std::string& key_of(std::size_t server) const;  // "http" or "servers[1]"

  void leave();  // step 1: every answer asks the client to leave
  void drain();  // step 2b: accept no more, wait for what is pending
  void worker_is_empty();
  void stop();  // step 3
  void cut_off();

  Instant begun_;
  SystemClock clock_;
  config::Loaded loaded_;
  std::function<config::Loaded()> reload_;
  policy::NodeInfo node_;
  net::Reactor ops_;
  Signals signals_;
  report::Registry registry_;
  net::Resolver resolver_;
  net::TrustStores trust_stores_;
  RateLimits rate_limits_;
  proxy::HttpCalls http_calls_;
  proxy::NameLookups name_lookups_;
  std::unique_ptr<node::NodeApi> node_api_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<BuildThread> build_;
  std::unique_ptr<EndpointChecks> endpoint_checks_;  // holds endpoints, which build_ outlives
  Phase phase_ = Phase::starting;
  bool listening_ = false;
  std::map<std::size_t, FileWatch> watches_;  // by server: its keystore and truststore
  std::optional<FileWatch> node_watch_;       // those of the node API
  int interrupts_ = 0;
  std::size_t workers_pending_ = 0;
  Instant leaving_since_{};
  net::Timer step_timer_;
  int exit_code_ = 0;
};

}  // namespace perigee::apps
