// Proxy: moves one exchange through the house: match, chains, backend, answer, report. One per
// worker.
#pragma once

#include <memory>

#include "http/server.hpp"
#include "policy/worker.hpp"
#include "proxy/backend.hpp"
#include "proxy/client_metrics.hpp"
#include "proxy/failure_answer.hpp"
#include "proxy/identity.hpp"
#include "proxy/options.hpp"
#include "proxy/platform_flows.hpp"
#include "proxy/tunnel.hpp"
#include "proxy/worker_plan.hpp"
#include "report/metrics.hpp"
#include "upstream/client.hpp"
#include "upstream/elsewhere.hpp"

namespace perigee::proxy {

class Proxy final : public http::Handler {
 public:
  struct Init {
    policy::Worker& worker;
    net::Names& names;
    const policy::NodeInfo& node;
    report::Shard& shard;
    Options options;
    upstream::ClientLimits client_limits;
    WorkerPlan::GiveBack give_back;
  };
  explicit Proxy(Init init);

  Async<void> handle(http::ServerExchange& exchange) override;

  void swap(std::shared_ptr<const plan::Plan> next) { plan_.swap(std::move(next)); }
  const WorkerPlan& plan() const { return plan_; }
  upstream::Client& client() { return client_; }
  // Nothing waits any more: connections close, and no endpoint is held.
  void close_idle() {
    elsewhere_.clear();
    client_.close_idle();
  }
  Tunnels& tunnels() { return tunnels_; }
  // Clients of this server get no WebSocket, whatever the options say of the others.
  void refuse_websockets(const http::Server& server) { without_websockets_.push_back(&server); }

 private:
  struct Serving;
  Async<void> answer_not_found(http::ServerExchange& client, Ids ids);
  bool upgrades(const http::ServerExchange& client) const;
  Async<void> serve(http::ServerExchange& server_exchange, plan::Route route, Ids ids);
  Async<policy::Verdict> run_flows(Serving& serving);
  Async<policy::Verdict> run_all_flows(Serving& serving);
  void word_answer(Serving& serving, const policy::Verdict& verdict);
  void word_failure(Serving& serving, const policy::Failure& failure,
                    const plan::ResponseTemplates& templates);
  Async<Result<void>> respond_through_platform(Serving& serving, const policy::Verdict& verdict);
  Async<Result<void>> send(Serving& serving, bool failed);
  Async<policy::Verdict> admit(Serving& serving);
  Async<policy::Verdict> invoke(Serving& serving);
  Async<policy::Verdict> invoke_for_response_flows(Serving& serving);
  static void tell_why(Serving& serving, const policy::Verdict& verdict, const void* of,
                       std::string_view who);
  policy::Verdict prepare(policy::Exchange& exchange, const plan::ApiRevision& revision);
  Async<Result<void>> provide_for_response(Serving& serving);
  Async<policy::Verdict> run_response_chains(Serving& serving);
  policy::Verdict settle(Serving& serving, policy::Verdict verdict);
  void tell_timeout(Serving& serving);
  Async<Result<void>> respond(Serving& serving, const policy::Verdict& verdict);
  Async<Result<void>> upgrade(Serving& serving);
  static int status_of(const Serving& serving);
  void report(Serving& serving);
  report::Series& series(report::Series*& known, const report::Family& family,
                         const std::string& api_id, int status);

  policy::Worker& worker_;
  const policy::NodeInfo& node_;
  report::Shard& shard_;
  Options options_;
  ClientMetrics client_metrics_;
  upstream::Client client_;
  ClientIdentifiers identifiers_;
  upstream::Elsewhere elsewhere_;
  WorkerPlan plan_;
  PlatformGroups groups_{plan_};
  Tunnels tunnels_;
  std::vector<const http::Server*> without_websockets_;
  report::Series* not_found_time_ = nullptr;
};

}  // namespace perigee::proxy
