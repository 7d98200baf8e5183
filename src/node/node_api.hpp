// NodeApi: the technical API under /_node (runtime.md section 3). Lives on the ops reactor.
//
// Shows what it is told: plans, readiness, draining. Reads metrics from the registry without making
// a worker wait.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "config/tree.hpp"
#include "http/server.hpp"
#include "net/address.hpp"
#include "node/authentication.hpp"
#include "node/dumps.hpp"
#include "node/health.hpp"
#include "node/monitor.hpp"
#include "node/process_metrics.hpp"
#include "node/rate_limits.hpp"
#include "plan/plan.hpp"
#include "policy/api_info.hpp"
#include "report/metrics.hpp"
#include "report/server_metrics.hpp"

namespace perigee::node {

class NodeApi final : public http::Handler {
 public:
  struct Init {
    const config::Settings& settings;
    const config::Tree& tree;
    report::Registry& registry;
    const policy::NodeInfo& node;
    std::string product_version;
    std::string revision;
    unsigned workers = 1;
    AskWorkers ask_workers;  // empty: there is nobody to ask
    std::function<RateLimits()> rate_limits = [] { return RateLimits(); };
  };
  NodeApi(net::Reactor& ops, Init init);
  ~NodeApi() override;

  Result<void> start(const net::Address& address, std::shared_ptr<const net::TlsServerContext> tls);
  void stop();  // closes the port, forgets the plan
  net::Address address() const { return server_->address(); }
  // After start(). New handshakes use this context.
  void set_tls(std::shared_ptr<const net::TlsServerContext> tls) {
    server_->set_tls(std::move(tls));
  }
  void set_users(std::map<std::string, std::string> users) {
    authentication_.set_users(std::move(users));
  }

  Async<void> handle(http::ServerExchange& exchange) override;

  void set_plan(std::shared_ptr<const plan::Plan> plan);
  void set_sync_ready();
  void set_draining() { health_.set_draining(); }
  void traffic_listens_on(const net::Address& address) { health_.traffic_listens_on(address); }

 private:
  struct Answer {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
  };
  Async<void> send(http::ServerExchange& exchange, Answer answer, bool challenge);
  bool is_scrape(const http::RequestHead& request) const;
  Async<void> scrape(http::ServerExchange& exchange);
  bool is_dump(const http::RequestHead& request) const;
  Async<Answer> dump(std::string_view path);
  Async<std::vector<WorkerReport>> ask_workers();
  Answer route(const http::RequestHead& request, std::string_view body);
  Answer node() const;
  Answer health(const std::vector<std::pair<std::string, Health::Result>>& results) const;
  Answer configuration() const;
  Answer logging(const http::RequestHead& request, std::string_view body);
  std::string common_labels() const;
  std::string own_metrics();
  Answer apis() const;
  Answer api(std::string_view id) const;
  Answer sync() const;
  Answer monitor();

  net::Reactor& reactor_;
  Init init_;
  Authentication authentication_;
  ProcessMetrics process_;
  Health health_;
  report::Shard& shard_;
  report::ServerMetrics metrics_;
  std::unique_ptr<http::Server> server_;
  std::shared_ptr<const plan::Plan> plan_ = std::make_shared<const plan::Plan>();
  bool sync_ready_ = false;
  std::uint64_t plans_taken_ = 0;
  int scrapes_ = 0;  // in progress
  const Instant begun_;
  std::string monitored_;  // no older than services.monitoring.delay
  Instant monitored_at_{};
  std::string hostname_;
};

}  // namespace perigee::node
