// The build thread: reads definitions, compiles them, and destroys what workers give back. Its CPU
// share gives way to traffic.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "apps/perigee/file_watch.hpp"
#include "config/settings.hpp"
#include "net/reactor.hpp"
#include "net/tls.hpp"
#include "plan/deployments.hpp"
#include "policy/catalog.hpp"
#include "sync/local_folder.hpp"
#include "upstream/endpoint.hpp"

namespace perigee::apps {

sync::LocalFolder::Options folder_options(const config::Sync& sync);

class BuildThread {
 public:
  struct Init {
    const Clock& clock;
    const config::Settings& settings;
    unsigned workers = 1;
    net::TrustStores& trust_stores;
    policy::Counters& counters;
    policy::HttpClient& http;
    policy::Resolver& resolver;
    plan::Deployments::Publish publish;                    // called on the build thread
    std::function<void()> first_round_done;                // called on the build thread
    upstream::EndpointRegistry::Retired endpoint_retired;  // called on any thread
  };
  explicit BuildThread(Init init);
  // Workers have been joined: nobody is told any more which endpoints die with it.
  ~BuildThread();

  void start();
  // From any thread: `object` dies on the build thread.
  void destroy(std::shared_ptr<const void> object);
  void stop_and_join();

 private:
  void run();
  void publish(std::shared_ptr<const plan::Plan> plan);
  // The files that definitions name: trust stores and keys of endpoints.
  void watch_files();
  void refresh_files();
  Init init_;
  policy::Catalog catalog_;
  upstream::EndpointRegistry endpoints_;
  net::Reactor reactor_;  // its mail may hold the last revisions, and they their endpoints
  std::unique_ptr<plan::Deployments> deployments_;
  std::unique_ptr<sync::LocalFolder> folder_;
  std::set<std::string> watched_;
  std::optional<FileWatch> watch_;
  std::thread thread_;
};

}  // namespace perigee::apps
