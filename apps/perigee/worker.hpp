// Worker: one thread that serves traffic: reactor, names, proxy and the traffic servers' listeners.
#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "apps/perigee/rate_limits.hpp"
#include "config/settings.hpp"
#include "http/server.hpp"
#include "net/names.hpp"
#include "node/dumps.hpp"
#include "proxy/proxy.hpp"
#include "report/server_metrics.hpp"
#include "upstream/fetcher.hpp"

namespace perigee::apps {

class Worker {
 public:
  struct Init {
    const Clock& clock;
    unsigned index = 0;
    unsigned count = 1;
    net::Resolver& resolver;
    net::TrustStores& trust_stores;
    const policy::NodeInfo& node;
    report::Registry& registry;
    const config::Settings& settings;
    RateLimits& rate_limits;
    proxy::WorkerPlan::GiveBack give_back;
  };
  explicit Worker(const Init& init);
  ~Worker();

  void start();
  // After start(), from another thread, on the first workers_of(server) workers: waits until this
  // one listens. Gives the address, with the real port when 0 was asked.
  Result<net::Address> listen(const config::HttpServer& server, const net::Address& address,
                              std::shared_ptr<const net::TlsServerContext> tls);
  // From any thread: runs on this worker with its proxy and servers.
  void post(std::function<void(Worker&)> work);
  // The same for what may be asked for again and again; false: the worker has too much to do.
  bool offer(std::function<void(Worker&)> work);
  // Gives the number of requests that were cut off; 0 when it was stopped before.
  std::size_t stop_and_join();

  // On this worker.
  proxy::Proxy& proxy() { return proxy_; }
  upstream::Fetcher& fetcher() { return fetcher_; }
  net::Names& names() { return names_; }
  std::vector<std::unique_ptr<http::Server>>& servers() { return servers_; }
  http::Server* server_of(const std::string& key);  // null: it has no listener here
  std::size_t exchanges() const;
  std::size_t connections() const;
  node::WorkerReport report();

 private:
  void run();
  Result<net::Address> listen_here(const config::HttpServer& server, const net::Address& address,
                                   std::shared_ptr<const net::TlsServerContext> tls);
  const Init init_;
  net::Reactor reactor_;
  policy::Worker worker_;
  net::Names names_;
  report::Shard& shard_;
  upstream::Fetcher fetcher_;             // outlives the policies that call
  std::unique_ptr<WorkerCounts> counts_;  // as well; null: counts are not shared
  proxy::Proxy proxy_;
  std::vector<std::unique_ptr<report::ServerMetrics>> metrics_;
  std::vector<std::unique_ptr<http::Server>> servers_;
  std::vector<std::string> keys_;  // of the servers: "http", "servers[1]"
  std::thread thread_;
  std::size_t cut_off_ = 0;  // of the thread's end
};

// How many workers listen for it: its `instances`, or one for each usable CPU.
unsigned workers_of(const config::HttpServer& server);

upstream::ClientLimits client_limits(const config::Settings& settings);
report::LabelChoice label_choice(const config::Metrics& metrics);
proxy::Options proxy_options(const config::Settings& settings);
http::ServerOptions server_options(const config::HttpServer& server,
                                   const config::Settings& settings);

}  // namespace perigee::apps
