// Node: one gateway of a World, with one worker.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/perigee/rate_limits.hpp"
#include "config/settings.hpp"
#include "http/server.hpp"
#include "net/names.hpp"
#include "plan/compile.hpp"
#include "proxy/counting.hpp"
#include "proxy/http_calls.hpp"
#include "proxy/proxy.hpp"
#include "report/metrics.hpp"
#include "tests/compat/world.hpp"
#include "upstream/fetcher.hpp"

namespace perigee::compat {

class Node {
 public:
  struct Init {
    net::Reactor& reactor;
    net::Resolver& resolver;
    net::TrustStores& trust_stores;
    const config::Settings& settings;
    counters::testing::MemoryStore& memory;
    RealRedis* redis;  // null: in memory
    Counting counting;
    unsigned nodes;
  };
  explicit Node(const Init& init);
  ~Node();

  Result<void> deploy(const std::string& definition);
  void serve(std::unique_ptr<net::Stream> stream) { server_->serve(std::move(stream)); }
  counters::Remote& remote() { return remote_; }
  bool counts_with_store() const { return !redis_ || redis_->store.link().connected(); }
  bool has_clock_of_store() {
    return !redis_ || redis_->store.clock_offset_ms() == init_.redis->clock_offset() / 1ms;
  }
  // When it counts in here: a window that began before, and the count of the key that was asked
  // last (0 without one).
  void put_counter(const std::string& key, const counters::testing::MemoryStore::Window& window);
  std::uint64_t local_counter();

 private:
  // Notes the last key.
  class WatchedCounters final : public policy::Counters {
   public:
    WatchedCounters(policy::Counters& inner, std::string& last_key)
        : policy::Counters(inner.options()), inner_(inner), last_key_(last_key) {}
    Async<Result<policy::Count>> add(policy::Worker& worker,
                                     policy::CountRequest request) override {
      last_key_ = request.key;
      return inner_.add(worker, request);
    }
    Async<Result<policy::Tokens>> take(policy::Worker& worker,
                                       policy::TokenRequest request) override {
      return inner_.take(worker, request);
    }

   private:
    policy::Counters& inner_;
    std::string& last_key_;
  };
  policy::Counters* counters();

  const Init init_;
  net::Names names_;
  upstream::EndpointRegistry endpoints_{1};
  report::Registry metrics_;
  policy::NodeInfo node_{.id = "conformance", .version = "4.9.0"};
  policy::Worker worker_;
  std::vector<std::shared_ptr<const void>> given_back_;  // by the worker, to the build thread
  upstream::Fetcher fetcher_;
  proxy::HttpCalls http_calls_;
  counters::SharedCounts shared_;
  counters::testing::FakeStore memory_;
  std::unique_ptr<RedisCounting> redis_;
  counters::Remote remote_;
  proxy::RemoteCounters remote_counters_;
  counters::Local local_;
  proxy::LocalCounters local_counters_;
  std::string last_key_;
  WatchedCounters watched_{local_counters_, last_key_};
  std::unique_ptr<proxy::Proxy> proxy_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace perigee::compat
